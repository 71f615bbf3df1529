namespace Causeway.Server;

/// <summary>A row of <c>webhooks</c>.</summary>
internal sealed record WebhookRow
{
    public const string Columns =
        "id, url, description, events, rooms, active, secrets, failures_in_row, open_until, last_success_at, last_failure_at, last_error, created_by, created_at, updated_at, version";

    public string Id { get; init; } = "";

    public string Url { get; init; } = "";

    public string? Description { get; init; }

    public string Events { get; init; } = "[]";

    public string? Rooms { get; init; }

    public bool Active { get; init; }

    public string Secrets { get; init; } = "[]";

    public long FailuresInRow { get; init; }

    public long? OpenUntil { get; init; }

    public long? LastSuccessAt { get; init; }

    public long? LastFailureAt { get; init; }

    public string? LastError { get; init; }

    public string? CreatedBy { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    public long Version { get; init; }
}

/// <summary>A row of <c>webhook_deliveries</c>, as lists have it.</summary>
internal sealed record DeliveryRow
{
    public const string Columns =
        "webhook_deliveries.id, webhook_deliveries.webhook_id, webhook_deliveries.event_type, webhook_events.id AS event_id, webhook_deliveries.state, webhook_deliveries.attempts, "
        + "webhook_deliveries.job_id, webhook_deliveries.status, webhook_deliveries.duration_ms, webhook_deliveries.error, webhook_deliveries.created_at, webhook_deliveries.attempted_at, webhook_deliveries.finished_at";

    public const string From = "webhook_deliveries JOIN webhook_events ON webhook_events.number = webhook_deliveries.event";

    public string Id { get; init; } = "";

    public string WebhookId { get; init; } = "";

    public string EventType { get; init; } = "";

    public string EventId { get; init; } = "";

    public string State { get; init; } = "";

    public long Attempts { get; init; }

    public string? JobId { get; init; }

    public long? Status { get; init; }

    public long? DurationMs { get; init; }

    public string? Error { get; init; }

    public long CreatedAt { get; init; }

    public long? AttemptedAt { get; init; }

    public long? FinishedAt { get; init; }
}

/// <summary>All that a try needs to know, in one row.</summary>
internal sealed record DeliveryTask
{
    public string Id { get; init; } = "";

    public string State { get; init; } = "";

    public long Attempts { get; init; }

    public string? JobId { get; init; }

    public long BegunAt { get; init; }

    public string EventId { get; init; } = "";

    public string EventType { get; init; } = "";

    public long At { get; init; }

    public long Sequence { get; init; }

    public string Data { get; init; } = "";

    public string WebhookId { get; init; } = "";

    public string Url { get; init; } = "";

    public bool Active { get; init; }

    public string Secrets { get; init; } = "[]";

    public long FailuresInRow { get; init; }

    public long? OpenUntil { get; init; }
}

/// <summary>A delivery that is under way, and the job that has it.</summary>
internal sealed record PendingDelivery
{
    public string Id { get; init; } = "";

    public string? JobId { get; init; }
}

/// <summary>A row of <c>webhook_attempts</c>.</summary>
internal sealed record AttemptRow
{
    public string DeliveryId { get; init; } = "";

    public long Number { get; init; }

    public long At { get; init; }

    public long DurationMs { get; init; }

    public long? Status { get; init; }

    public string? Error { get; init; }

    public string? Answer { get; init; }
}

/// <summary>The states of a delivery, as the column and the wire have them.</summary>
internal static class DeliveryStates
{
    public const string Pending = "pending";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";

    public static IReadOnlyList<string> All { get; } = [Pending, Succeeded, Failed];
}
