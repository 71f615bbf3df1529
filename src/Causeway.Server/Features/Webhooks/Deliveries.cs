using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>What was sent to an endpoint, what came of it, and sending it again.</summary>
internal static class Deliveries
{
    private const int ReplayedAtOnce = 500;
    private const int MostReplayed = 10_000;

    public static ApiList<DeliveryRow> List { get; } = new(
        "webhook_deliveries",
        DeliveryRow.Columns,
        DeliveryRow.From,
        "-created_at",
        [
            ListField.Choice("state", DeliveryStates.All) with { Sortable = false },
            ListField.Text("event_type") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Text("event_id") with { Filters = FilterOperators.Equal, Sortable = false },
            ListField.Number("status") with { Sortable = false, Nullable = true },
            ListField.Time("created_at"),
        ],
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["event_id"] = "webhook_events.id",
            ["created_at"] = "webhook_deliveries.created_at",
        },
        id: "webhook_deliveries.id");

    /// <summary>A message is nested 64 deep at most, and an event has it within.</summary>
    private static JsonDocumentOptions Deep { get; } = new() { MaxDepth = 128 };

    private static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such delivery.");

    public static async Task<IResult> ListAsync(string webhook_id, RequestedList asked, WebhookStore store, Database database, CancellationToken cancellationToken) =>
        await store.FindAsync(webhook_id, cancellationToken) is null
            ? WebhookRules.NotFound.ToResult()
            : await List.PageAsync(database, asked, DeliveryResponse.From, new ListScope("webhook_deliveries.webhook_id = @webhook", new { webhook = webhook_id }), cancellationToken);

    public static async Task<IResult> ShowAsync(string webhook_id, string delivery_id, WebhookStore store, CancellationToken cancellationToken)
    {
        if (await store.FindDeliveryAsync(webhook_id, delivery_id, cancellationToken) is not { } row || await store.FindTaskAsync(delivery_id, cancellationToken) is not { } task)
        {
            return NotFound.ToResult();
        }

        var attempts = await store.AttemptsAsync(delivery_id, cancellationToken);
        using var body = JsonDocument.Parse(WebhookEvent.Body(task.EventId, task.EventType, task.At, task.Sequence, task.Data), Deep);
        return TypedResults.Ok(new DeliveryDetails(
            DeliveryResponse.From(row),
            body.RootElement.Clone(),
            [.. attempts.Select(static attempt => new AttemptResponse(attempt.Number, Moments.From(attempt.At), attempt.DurationMs, attempt.Status, attempt.Error, attempt.Answer))]));
    }

    /// <summary>Sends one again that is over: the same event, so that the receiver knows it.</summary>
    public static async Task<IResult> ReplayAsync(
        string webhook_id, string delivery_id, HttpContext context, WebhookStore store, WebhookEvents events, WebhookDesk desk, Database database, CancellationToken cancellationToken)
    {
        if (await store.FindDeliveryAsync(webhook_id, delivery_id, cancellationToken) is null)
        {
            return NotFound.ToResult();
        }

        var isBegun = await database.WriteAsync(
            async (unit, token) =>
            {
                var begun = await events.ReplayAsync(unit, delivery_id, token);
                if (begun)
                {
                    await desk.NoteAsync(unit, context, "webhook.replay", webhook_id, new JsonObject { ["delivery"] = delivery_id }, token);
                }

                return begun;
            },
            cancellationToken);
        return await store.FindDeliveryAsync(webhook_id, delivery_id, cancellationToken) is not { } row ? NotFound.ToResult()
            : isBegun ? TypedResults.Json(DeliveryResponse.From(row), statusCode: StatusCodes.Status202Accepted)
            : new ApiError(ErrorCode.Conflict, "The delivery is under way.") { Details = new JsonObject { ["state"] = row.State } }.ToResult();
    }

    /// <summary>Which deliveries to send again.</summary>
    [Example("""{"since":"2026-01-31T00:00:00Z"}""")]
    internal sealed record ReplayFailedRequest
    {
        /// <summary>Those whose event came at this moment or later.</summary>
        [Required]
        public DateTimeOffset? Since { get; init; }
    }

    /// <summary>How many are sent again.</summary>
    /// <param name="Replayed">Deliveries that were begun anew.</param>
    /// <param name="HasMore">Whether there are more than are begun with one request: ask again.</param>
    internal sealed record ReplayedResponse(int Replayed, bool HasMore);

    /// <summary>Sends all again that failed since a moment.</summary>
    public static async Task<IResult> ReplayFailedAsync(
        string webhook_id, JsonBody<ReplayFailedRequest> body, HttpContext context, WebhookStore store, WebhookEvents events, WebhookDesk desk, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Value.Since is not { } since)
        {
            return FieldErrors.For("since", "Must be a moment.").ToResult();
        }

        if (await store.FindAsync(webhook_id, cancellationToken) is null)
        {
            return WebhookRules.NotFound.ToResult();
        }

        // Those that fail again meanwhile are not begun a third time.
        var until = time.GetUtcNow().ToUnixTimeMilliseconds();
        var (replayed, hasMore) = (0, true);
        while (hasMore && replayed < MostReplayed)
        {
            var some = await database.WriteAsync(
                async (unit, token) =>
                {
                    var failed = await WebhookStore.FailedAsync(unit, webhook_id, since.ToUnixTimeMilliseconds(), until, ReplayedAtOnce, token);
                    foreach (var delivery in failed)
                    {
                        await events.ReplayAsync(unit, delivery, token);
                    }

                    if (failed.Count > 0)
                    {
                        await desk.NoteAsync(unit, context, "webhook.replay", webhook_id, new JsonObject { ["since"] = since, ["deliveries"] = failed.Count }, token);
                    }

                    return failed.Count;
                },
                cancellationToken);
            replayed += some;
            hasMore = some == ReplayedAtOnce;
        }

        return TypedResults.Ok(new ReplayedResponse(replayed, hasMore));
    }
}
