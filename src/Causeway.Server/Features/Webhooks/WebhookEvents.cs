using Causeway.Data;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Writes events down for those who want them: the event, and for each endpoint a delivery with its job, in the transaction of what happened.</summary>
internal sealed class WebhookEvents(WebhookSubscriptions subscriptions, WebhookStore store, JobClient jobs, WebhooksMetrics metrics)
{
    /// <summary>Whether anybody is to be told of events of a type.</summary>
    public bool AreWanted(string type) => subscriptions.Any(type);

    /// <summary>Whether anybody is to be told of an event of a type in a room.</summary>
    public bool AreWanted(string type, string room) => subscriptions.Any(type, room);

    /// <summary>Writes an event down.</summary>
    /// <returns>The deliveries it made.</returns>
    public async Task<IReadOnlyList<string>> WriteAsync(UnitOfWork unit, WebhookEvent one, CancellationToken cancellationToken)
    {
        if (!subscriptions.AreKnown)
        {
            await subscriptions.RefreshAsync(cancellationToken);
        }

        List<string>? deliveries = null;
        long number = 0;
        foreach (var webhook in subscriptions.For(one))
        {
            number = deliveries is null ? await WebhookStore.AddEventAsync(unit, one, cancellationToken) : number;
            deliveries ??= [];
            var id = Guid.CreateVersion7(one.At).ToString();
            var job = await jobs.EnqueueAsync(unit, new DeliverWebhook(id), cancellationToken: cancellationToken);

            // An endpoint that was deleted a moment ago leaves a job that finds nothing to do.
            if (await store.AddDeliveryAsync(unit, id, webhook, number, one.Type, job.Id, cancellationToken))
            {
                deliveries.Add(id);
            }
        }

        if (deliveries is not null)
        {
            unit.OnCommitted(() => metrics.CountEvent(one.Type));
        }

        return deliveries ?? [];
    }

    /// <summary>Begins a delivery that is over anew.</summary>
    /// <returns>False where it is gone, or under way.</returns>
    public async Task<bool> ReplayAsync(UnitOfWork unit, string delivery, CancellationToken cancellationToken)
    {
        // The job first, so that the row names it; one without a row to do finds nothing to do.
        var job = await jobs.EnqueueAsync(unit, new DeliverWebhook(delivery), cancellationToken: cancellationToken);
        return await store.ReplayAsync(unit, delivery, job.Id, cancellationToken);
    }
}
