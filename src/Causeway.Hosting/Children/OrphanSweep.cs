using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Ends what earlier runs of this service left behind. Runs before anything else starts: an orphan may hold a port, a file, a lock.</summary>
/// <param name="journal">The children of all runs that used this data directory.</param>
/// <param name="logger">Told of everything that is done.</param>
internal sealed class OrphanSweep(ChildJournal journal, ILogger<OrphanSweep> logger)
{
    /// <summary>What an orphan has between being asked and being killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Looks at every record whose service is gone, ends its survivors and deletes it.</summary>
    /// <returns>The number of records that were cleared.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var cleared = await Task.WhenAll(journal.Read(logger.JournalUnreadable)
            .Where(static record => !record.Owner.IsRunning)
            .Select(record => ClearAsync(record, cancellationToken))).ConfigureAwait(false);
        return cleared.Count(static done => done);
    }

    private async Task<bool> ClearAsync(ChildRecord record, CancellationToken cancellationToken)
    {
        var survivors = new Survivors(record, logger);
        var found = survivors.Find().Count;
        if (found > 0)
        {
            logger.OrphansFound(record.Name, record.Owner.ProcessId, found);
            if (!await survivors.EndAsync(Grace, cancellationToken).ConfigureAwait(false))
            {
                logger.OrphansLeft(record.Name, string.Join(", ", survivors.Find().Select(static left => left.ProcessId)));
                return false;
            }
        }

        journal.Delete(record.Id);
        return true;
    }
}
