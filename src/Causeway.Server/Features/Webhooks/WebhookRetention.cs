using Causeway.Data;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Takes away what is old, and ends deliveries that nobody works on any more.</summary>
internal sealed class WebhookRetention(Database database, WebhookStore store, JobClient jobs, ServerSettings settings, TimeProvider time, ILogger<WebhookRetention> logger) : IUpkeep
{
    private const int DeletedAtOnce = 2_000;
    private const int LookedAtAtOnce = 1_000;

    /// <summary>A delivery that is under way for less is not looked at: its job may be about to end.</summary>
    private static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(10);

    // Each node goes through them by itself, from where it was when it last had the job.
    private string _lookedAt = "";

    public static string Kind => "retention.webhooks";

    public static string Cron => "*/10 * * * *";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await EndStrayAsync(cancellationToken);
        var before = (time.GetUtcNow() - TimeSpan.FromDays(settings.Webhooks.KeepDays)).ToUnixTimeMilliseconds();
        while (await store.ForgetAsync(before, DeletedAtOnce, cancellationToken) >= DeletedAtOnce)
        {
        }
    }

    /// <summary>Deliveries whose job was cancelled or discarded, or ended with its process at the last try, are over. Some are looked at each time, in turn.</summary>
    private async Task EndStrayAsync(CancellationToken cancellationToken)
    {
        var ended = 0;
        var some = await store.PendingAsync(_lookedAt, (time.GetUtcNow() - UnderWay).ToUnixTimeMilliseconds(), LookedAtAtOnce, cancellationToken);
        _lookedAt = some.Count == LookedAtAtOnce ? some[^1].Id : "";
        foreach (var delivery in some)
        {
            if (delivery.JobId is null || await jobs.FindAsync(delivery.JobId, cancellationToken) is not { State: JobState.Waiting or JobState.Running or JobState.Scheduled })
            {
                await database.WriteAsync(
                    (unit, token) => WebhookStore.FailAsync(unit, delivery.Id, "Its job was cancelled, discarded or lost.", time.GetUtcNow().ToUnixTimeMilliseconds(), token), cancellationToken);
                ended++;
            }
        }

        if (ended > 0)
        {
            logger.StrayDeliveriesEnded(ended);
        }
    }
}
