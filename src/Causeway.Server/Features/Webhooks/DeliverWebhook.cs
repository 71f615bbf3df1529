using Causeway.Data;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Sends one event to one endpoint.</summary>
/// <param name="DeliveryId">The delivery.</param>
internal sealed record DeliverWebhook(string DeliveryId);

/// <summary>
/// One try of a delivery. Success, the end of the job and the note of both are one transaction. An endpoint that fails again and again is left alone for a while, then tried with one
/// delivery; the others are put off meanwhile, which costs them no try.
/// </summary>
internal sealed class DeliverWebhookHandler(
    Database database, WebhookStore store, WebhookSender sender, EndpointLanes lanes, ServerSettings settings, WebhooksMetrics metrics, TimeProvider time, ILogger<DeliverWebhookHandler> logger)
    : IJobHandler<DeliverWebhook>
{
    public const string Kind = "webhook.deliver";
    public const string Queue = "webhooks";

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    public async Task<JobOutcome> RunAsync(DeliverWebhook args, JobContext context, CancellationToken cancellationToken)
    {
        if (await store.FindTaskAsync(args.DeliveryId, cancellationToken) is not { State: DeliveryStates.Pending } delivery || delivery.JobId != context.Id)
        {
            // The endpoint is gone, or another job has the delivery.
            return JobOutcome.Cancel();
        }

        var isTest = delivery.EventType == WebhookEventTypes.Test;
        if (!delivery.Active && !isTest)
        {
            return await GiveUpAsync(delivery, "The webhook is switched off.", cancellationToken);
        }

        if (time.GetUtcNow() - Moments.From(delivery.BegunAt) > TimeSpan.FromHours(settings.Webhooks.GiveUpHours))
        {
            return await GiveUpAsync(delivery, $"The endpoint did not take it within {settings.Webhooks.GiveUpHours} hours.", cancellationToken);
        }

        // Whoever tries an endpoint out wants to know now.
        if (!isTest && await CircuitDelayAsync(delivery, cancellationToken) is { } closedFor)
        {
            metrics.Count("put_off");
            return JobOutcome.Snooze(closedFor);
        }

        if (!lanes.TryEnter(delivery.WebhookId, out var delay))
        {
            metrics.Count("put_off");
            return JobOutcome.Snooze(delay);
        }

        var startedAt = time.GetTimestamp();
        try
        {
            return await TryAsync(delivery, context, cancellationToken);
        }
        finally
        {
            lanes.Leave(delivery.WebhookId, time.GetElapsedTime(startedAt));
        }
    }

    private async Task<JobOutcome> TryAsync(DeliveryTask delivery, JobContext context, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var sent = await sender.SendAsync(delivery, cancellationToken);
        metrics.Count(sent.Error is null ? "succeeded" : "failed", sent.Duration);
        var isLast = sent.IsFinal || context.IsLastAttempt;
        var state = sent.Error is null ? DeliveryStates.Succeeded : isLast ? DeliveryStates.Failed : DeliveryStates.Pending;
        var attempt = new AttemptRow
        {
            DeliveryId = delivery.Id,
            Number = delivery.Attempts + 1,
            At = at,
            DurationMs = (long)sent.Duration.TotalMilliseconds,
            Status = sent.Status,
            Error = sent.Error,
            Answer = sent.Answer,
        };
        var failures = await database.WriteAsync(
            async (unit, token) =>
            {
                var isNoted = await WebhookStore.NoteAttemptAsync(unit, delivery, attempt, state, token);
                if (sent.Error is not null)
                {
                    if (!isNoted)
                    {
                        return 0;
                    }

                    var now = time.GetUtcNow();
                    return await WebhookStore.NoteFailureAsync(
                        unit, delivery.WebhookId, sent.Error, now.ToUnixTimeMilliseconds(), settings.Webhooks.CircuitFailures, (now + PauseAfter(delivery.FailuresInRow + 1)).ToUnixTimeMilliseconds(), token);
                }

                await WebhookStore.NoteSuccessAsync(unit, delivery.WebhookId, time.GetUtcNow().ToUnixTimeMilliseconds(), token);
                await context.CompleteAsync(unit, token);
                return 0;
            },
            cancellationToken);

        if (sent.Error is null)
        {
            if (delivery.FailuresInRow >= settings.Webhooks.CircuitFailures)
            {
                logger.EndpointIsBack(delivery.WebhookId);
            }

            return JobOutcome.Done;
        }

        if (failures == settings.Webhooks.CircuitFailures)
        {
            metrics.CountOpened();
            logger.EndpointLeftAlone(delivery.WebhookId, failures, sent.Error);
        }

        if (!isLast)
        {
            return JobOutcome.Fail(sent.Error);
        }

        // The delivery says that it failed, and is what can be replayed: nobody needs a dead job beside it.
        logger.DeliveryFailed(delivery.Id, delivery.EventType, delivery.WebhookId, sent.Error);
        return JobOutcome.Cancel();
    }

    /// <summary>How long a delivery is to wait, since its endpoint is left alone; null where it need not. The first that comes after the pause is the one that tries.</summary>
    private async Task<TimeSpan?> CircuitDelayAsync(DeliveryTask delivery, CancellationToken cancellationToken)
    {
        if (delivery.OpenUntil is not { } openUntil)
        {
            return null;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (openUntil > now)
        {
            return Spread(openUntil - now);
        }

        // While this one tries, the others stay out; should it end with its process, the next comes after this.
        var until = now + (2_000L * settings.Webhooks.TimeoutSeconds);
        return await store.ClaimProbeAsync(delivery.WebhookId, openUntil, until, cancellationToken) ? null : Spread(until - now);
    }

    // Half as long again at most: what was put off together does not come back together, and somebody is there soon after the pause.
    private static TimeSpan Spread(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds * (1 + (Random.Shared.NextDouble() * 0.5)));

    private TimeSpan PauseAfter(long failures)
    {
        var doublings = Math.Clamp(failures - settings.Webhooks.CircuitFailures, 0, 10);
        var pause = TimeSpan.FromSeconds(settings.Webhooks.CircuitSeconds) * Math.Pow(2, doublings);
        return pause < LongestPause ? pause : LongestPause;
    }

    private async Task<JobOutcome> GiveUpAsync(DeliveryTask delivery, string why, CancellationToken cancellationToken)
    {
        await database.WriteAsync((unit, token) => WebhookStore.FailAsync(unit, delivery.Id, why, time.GetUtcNow().ToUnixTimeMilliseconds(), token), cancellationToken);
        logger.DeliveryFailed(delivery.Id, delivery.EventType, delivery.WebhookId, why);
        return JobOutcome.Cancel();
    }
}
