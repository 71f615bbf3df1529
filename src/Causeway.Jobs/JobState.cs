namespace Causeway.Jobs;

/// <summary>Where a job is in its life. The numbers stand in the database; append only.</summary>
public enum JobState
{
    /// <summary>Due, and waiting for a worker.</summary>
    Waiting = 1,

    /// <summary>A worker has it.</summary>
    Running,

    /// <summary>Due later: it was put off, by whoever enqueued it, by its handler or after a failure.</summary>
    Scheduled,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Failed too often, or for good. It is kept until it is replayed, discarded or too old.</summary>
    Dead,

    /// <summary>Cancelled by somebody, or by its handler.</summary>
    Cancelled,
}
