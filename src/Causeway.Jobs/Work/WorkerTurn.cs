namespace Causeway.Jobs;

/// <summary>A try that ended, on its way into the database.</summary>
internal sealed record EndedTry(RunningJob Job, JobEnding Ending, Exception? Exception)
{
    public bool IsSettled => Ending.End.Kind == JobEndKind.Settled;
}

/// <summary>What the worker means to do in one transaction.</summary>
internal sealed class WorkerTurn
{
    public required IReadOnlyList<EndedTry> Ends { get; init; }

    /// <summary>Running jobs with news, and what they had to say when the turn began.</summary>
    public required IReadOnlyList<(RunningJob Job, JobProgress Progress)> Reported { get; init; }

    public required IReadOnlyList<(QueueSlots Queue, int Limit)> Claims { get; init; }

    /// <summary>Jobs whose leases are to be prolonged.</summary>
    public required IReadOnlyList<RunningJob> Held { get; init; }

    public required bool Polls { get; init; }

    /// <summary>Whether nothing is left, and nothing is to come.</summary>
    public required bool IsLast { get; init; }

    public bool IsEmpty => !Polls && Ends.Count == 0 && Reported.Count == 0 && Claims.Count == 0 && Held.Count == 0;
}

/// <summary>What came of it; true once it is committed.</summary>
internal sealed class WorkerTurnResult
{
    public Dictionary<JobKey, JobState> States { get; set; } = [];

    public HashSet<JobKey> Kept { get; set; } = [];

    public IReadOnlyList<JobEnding> Lost { get; set; } = [];

    public Dictionary<JobKey, JobState> LostStates { get; set; } = [];

    public IReadOnlyList<string> Cancels { get; set; } = [];

    public bool MayPromoteMore { get; set; }

    public List<(QueueSlots Queue, List<JobRow> Rows, bool IsFull)> Claimed { get; } = [];
}
