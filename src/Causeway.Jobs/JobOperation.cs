namespace Causeway.Jobs;

/// <summary>What became of something that was asked of a job.</summary>
public enum JobOperationStatus
{
    /// <summary>It is done.</summary>
    Done = 1,

    /// <summary>The job runs, and was asked to end; it does so in a moment, unless it succeeds first.</summary>
    Asked,

    /// <summary>There is no such job.</summary>
    NotFound,

    /// <summary>The job is in a state in which that can't be done.</summary>
    WrongState,

    /// <summary>Another job with its unique key is waiting, running or scheduled.</summary>
    KeyTaken,
}

/// <summary>The result of something that was asked of a job.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Job">As it is now; null where there is none.</param>
public readonly record struct JobOperationResult(JobOperationStatus Status, Job? Job = null);
