namespace Causeway.Server;

/// <summary>
/// Work on what all nodes share that is to be done from time to time. It is a scheduled job, so that of many nodes one does it each time; what is a node's own (its memory, what it reads of others) is a
/// loop of each.
/// </summary>
internal interface IUpkeep
{
    /// <summary>The kind of job, and the name of its schedule.</summary>
    static abstract string Kind { get; }

    /// <summary>When, as a cron expression in UTC. Not all at the same minute.</summary>
    static abstract string Cron { get; }

    /// <summary>Does it. What it had no time for is left to the next time.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
