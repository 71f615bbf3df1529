using Causeway.Data;

namespace Causeway.Server;

/// <summary>What the database knows of webhooks; the only place with their SQL.</summary>
internal sealed class WebhookStore(Database database, TimeProvider time)
{
    private const string SelectTask =
        """
        SELECT d.id, d.state, d.attempts, d.job_id, d.begun_at, e.id AS event_id, e.type AS event_type, e.at, COALESCE(e.sequence, e.number) AS sequence, e.data,
            w.id AS webhook_id, w.url, w.active, w.secrets, w.failures_in_row, w.open_until
        FROM webhook_deliveries AS d JOIN webhook_events AS e ON e.number = d.event JOIN webhooks AS w ON w.id = d.webhook_id
        WHERE d.id = @id
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<WebhookRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        database.QuerySingleOrDefaultAsync<WebhookRow>($"SELECT {WebhookRow.Columns} FROM webhooks WHERE id = @id", new { id }, cancellationToken);

    /// <summary>One endpoint, which nobody else changes until the transaction ends.</summary>
    public static Task<WebhookRow?> LockAsync(UnitOfWork unit, string id, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<WebhookRow>($"UPDATE webhooks SET version = version WHERE id = @id RETURNING {WebhookRow.Columns}", new { id }, cancellationToken);

    public static async Task InsertAsync(UnitOfWork unit, WebhookRow row, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync(
            """
            INSERT INTO webhooks (id, url, description, events, rooms, active, secrets, failures_in_row, created_by, created_at, updated_at, version)
            VALUES (@Id, @Url, @Description, @Events, @Rooms, @Active, @Secrets, 0, @CreatedBy, @CreatedAt, @UpdatedAt, @Version)
            """,
            row,
            cancellationToken);
        await CountChangeAsync(unit, cancellationToken);
    }

    /// <summary>Writes what may be changed of an endpoint. With <paramref name="closes"/> its circuit starts anew.</summary>
    public async Task<WebhookRow> UpdateAsync(UnitOfWork unit, WebhookRow row, bool closes, CancellationToken cancellationToken)
    {
        var updated = await unit.QuerySingleOrDefaultAsync<WebhookRow>(
            $"""
            UPDATE webhooks SET url = @Url, description = @Description, events = @Events, rooms = @Rooms, active = @Active, secrets = @Secrets, updated_at = @now, version = version + 1,
                failures_in_row = CASE WHEN @closes THEN 0 ELSE failures_in_row END, open_until = CASE WHEN @closes THEN NULL ELSE open_until END
            WHERE id = @Id RETURNING {WebhookRow.Columns}
            """,
            new { row.Id, row.Url, row.Description, row.Events, row.Rooms, row.Active, row.Secrets, now = Now, closes },
            cancellationToken);
        await CountChangeAsync(unit, cancellationToken);
        return updated!;
    }

    public static async Task DeleteAsync(UnitOfWork unit, string id, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync("DELETE FROM webhooks WHERE id = @id", new { id }, cancellationToken);
        await CountChangeAsync(unit, cancellationToken);
    }

    /// <summary>Grows with each change of an endpoint.</summary>
    public Task<long> VersionAsync(CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<long>("SELECT version FROM webhook_state WHERE id = 1", null, cancellationToken);

    /// <summary>Endpoints that are told of anything.</summary>
    public Task<List<WebhookRow>> ListActiveAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<WebhookRow>($"SELECT {WebhookRow.Columns} FROM webhooks WHERE active = @active", new { active = true }, cancellationToken);

    /// <summary>Writes an event down and gives its number.</summary>
    public static Task<long> AddEventAsync(UnitOfWork unit, WebhookEvent one, CancellationToken cancellationToken) => unit.QuerySingleOrDefaultAsync<long>(
        "INSERT INTO webhook_events (id, type, at, sequence, data) VALUES (@Id, @Type, @at, @Sequence, @Data) RETURNING number",
        new { one.Id, one.Type, at = one.At.ToUnixTimeMilliseconds(), one.Sequence, one.Data },
        cancellationToken);

    /// <summary>Adds a delivery; false where the endpoint is gone.</summary>
    public async Task<bool> AddDeliveryAsync(UnitOfWork unit, string id, string webhookId, long number, string type, string jobId, CancellationToken cancellationToken) => await unit.ExecuteAsync(
        """
        INSERT INTO webhook_deliveries (id, webhook_id, event, event_type, state, attempts, job_id, created_at, begun_at)
        SELECT @id, webhooks.id, @number, @type, 'pending', 0, @jobId, @now, @now FROM webhooks WHERE webhooks.id = @webhookId
        """,
        new { id, webhookId, number, type, jobId, now = Now },
        cancellationToken) > 0;

    public Task<DeliveryTask?> FindTaskAsync(string id, CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<DeliveryTask>(SelectTask, new { id }, cancellationToken);

    public Task<DeliveryRow?> FindDeliveryAsync(string webhookId, string id, CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<DeliveryRow>(
        $"SELECT {DeliveryRow.Columns} FROM {DeliveryRow.From} WHERE webhook_deliveries.id = @id AND webhook_deliveries.webhook_id = @webhookId", new { id, webhookId }, cancellationToken);

    public Task<List<AttemptRow>> AttemptsAsync(string id, CancellationToken cancellationToken) => database.QueryAsync<AttemptRow>(
        "SELECT delivery_id, number, at, duration_ms, status, error, answer FROM webhook_attempts WHERE delivery_id = @id ORDER BY number", new { id }, cancellationToken);

    /// <summary>Notes a try and what became of the delivery with it. A worker that lost the job meanwhile notes nothing of a delivery that is over by then.</summary>
    /// <returns>False where it noted nothing.</returns>
    public static async Task<bool> NoteAttemptAsync(UnitOfWork unit, DeliveryTask delivery, AttemptRow attempt, string state, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            attempt.DeliveryId,
            delivery.JobId,
            attempt.Number,
            attempt.At,
            attempt.DurationMs,
            attempt.Status,
            attempt.Error,
            attempt.Answer,
            state,
            isOver = state != DeliveryStates.Pending,
        };
        if (await unit.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET state = @state, attempts = @Number, status = @Status, duration_ms = @DurationMs, error = @Error, attempted_at = @At,
                finished_at = CASE WHEN @isOver THEN @At + @DurationMs ELSE NULL END
            WHERE id = @DeliveryId AND job_id = @JobId AND state = 'pending'
            """,
            parameters,
            cancellationToken) == 0)
        {
            return false;
        }

        await unit.ExecuteAsync(
            """
            INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error, answer) VALUES (@DeliveryId, @Number, @At, @DurationMs, @Status, @Error, @Answer)
            ON CONFLICT (delivery_id, number) DO NOTHING
            """,
            parameters,
            cancellationToken);
        return true;
    }

    /// <summary>Ends a delivery without a try.</summary>
    public static Task FailAsync(UnitOfWork unit, string id, string error, long now, CancellationToken cancellationToken) => unit.ExecuteAsync(
        "UPDATE webhook_deliveries SET state = 'failed', error = @error, finished_at = @now WHERE id = @id AND state = 'pending'", new { id, error, now }, cancellationToken);

    /// <summary>Begins a delivery that is over anew.</summary>
    /// <returns>False where it is gone, or under way.</returns>
    public async Task<bool> ReplayAsync(UnitOfWork unit, string id, string jobId, CancellationToken cancellationToken) => await unit.ExecuteAsync(
        "UPDATE webhook_deliveries SET state = 'pending', job_id = @jobId, begun_at = @now, finished_at = NULL WHERE id = @id AND state <> 'pending'",
        new { id, jobId, now = Now },
        cancellationToken) > 0;

    /// <summary>Some deliveries that failed, the oldest first.</summary>
    public static Task<List<string>> FailedAsync(UnitOfWork unit, string webhookId, long since, long until, int limit, CancellationToken cancellationToken) => unit.QueryAsync<string>(
        "SELECT id FROM webhook_deliveries WHERE webhook_id = @webhookId AND created_at >= @since AND created_at <= @until AND state = 'failed' ORDER BY created_at, id LIMIT @limit",
        new { webhookId, since, until, limit = (long)limit },
        cancellationToken);

    /// <summary>An endpoint answered well.</summary>
    public static Task NoteSuccessAsync(UnitOfWork unit, string webhookId, long now, CancellationToken cancellationToken) => unit.ExecuteAsync(
        "UPDATE webhooks SET failures_in_row = 0, open_until = NULL, last_success_at = @now WHERE id = @webhookId", new { webhookId, now }, cancellationToken);

    /// <summary>An endpoint did not answer well; after so many failures in a row it is left alone until a moment.</summary>
    /// <returns>How many failures in a row there are now.</returns>
    public static Task<long> NoteFailureAsync(UnitOfWork unit, string webhookId, string error, long now, int opensAfter, long openUntil, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<long>(
            """
            UPDATE webhooks SET failures_in_row = failures_in_row + 1, last_failure_at = @now, last_error = @error,
                open_until = CASE WHEN failures_in_row + 1 >= @opensAfter THEN @openUntil ELSE open_until END
            WHERE id = @webhookId RETURNING failures_in_row
            """,
            new { webhookId, error, now, opensAfter = (long)opensAfter, openUntil },
            cancellationToken);

    /// <summary>Takes the right to try an endpoint that was left alone; whoever comes meanwhile is put off.</summary>
    /// <returns>Whether this one has it.</returns>
    public async Task<bool> ClaimProbeAsync(string webhookId, long seen, long until, CancellationToken cancellationToken) => await database.ExecuteAsync(
        "UPDATE webhooks SET open_until = @until WHERE id = @webhookId AND open_until = @seen", new { webhookId, seen, until }, cancellationToken) > 0;

    /// <summary>Some deliveries that have been under way for long, in the order of their ids.</summary>
    public Task<List<PendingDelivery>> PendingAsync(string after, long before, int limit, CancellationToken cancellationToken) => database.QueryAsync<PendingDelivery>(
        "SELECT id, job_id FROM webhook_deliveries WHERE state = 'pending' AND begun_at < @before AND id > @after ORDER BY id LIMIT @limit",
        new { after, before, limit = (long)limit },
        cancellationToken);

    /// <summary>Deletes some deliveries that are over and older than a moment, and events that nobody is told of any more.</summary>
    /// <returns>How many rows there were.</returns>
    public async Task<int> ForgetAsync(long before, int limit, CancellationToken cancellationToken)
    {
        var parameters = new { before, limit = (long)limit };
        return await database.ExecuteAsync(
                "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE state IN ('succeeded', 'failed') AND created_at < @before LIMIT @limit)", parameters, cancellationToken)
            + await database.ExecuteAsync(
                """
                DELETE FROM webhook_events WHERE number IN (
                    SELECT number FROM webhook_events WHERE at < @before AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_deliveries.event = webhook_events.number) LIMIT @limit)
                """,
                parameters,
                cancellationToken);
    }

    private static Task<int> CountChangeAsync(UnitOfWork unit, CancellationToken cancellationToken) => unit.ExecuteAsync("UPDATE webhook_state SET version = version + 1 WHERE id = 1", null, cancellationToken);
}
