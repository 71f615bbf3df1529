namespace Causeway.Jobs;

/// <summary>What a job becomes after a try.</summary>
/// <param name="State">Its state.</param>
/// <param name="Attempts">Its tries that count.</param>
/// <param name="Delay">From now until it is due again; zero where it is over.</param>
internal readonly record struct JobVerdict(JobState State, long Attempts, TimeSpan Delay)
{
    /// <summary>Whether it ended for good.</summary>
    public bool IsOver => State >= JobState.Succeeded;
}

/// <summary>The life of a job as rules without a database or a clock.</summary>
internal static class JobRules
{
    private const int MaxDoublings = 40;

    /// <summary>What becomes of a job.</summary>
    /// <param name="end">How the try ended.</param>
    /// <param name="attempts">Tries that count, this one included.</param>
    /// <param name="maxAttempts">How many it has.</param>
    /// <param name="retry">How long it waits after a failure.</param>
    /// <param name="random">Chance, from 0 to below 1.</param>
    public static JobVerdict Decide(JobEnd end, long attempts, long maxAttempts, JobRetry retry, double random) => end.Kind switch
    {
        JobEndKind.Succeeded => new JobVerdict(JobState.Succeeded, attempts, TimeSpan.Zero),
        JobEndKind.Cancelled => new JobVerdict(JobState.Cancelled, attempts, TimeSpan.Zero),
        JobEndKind.GivenUp => new JobVerdict(JobState.Dead, attempts, TimeSpan.Zero),
        JobEndKind.HandedBack => new JobVerdict(JobState.Waiting, attempts - 1, TimeSpan.Zero),
        JobEndKind.Snoozed => new JobVerdict(end.Delay > TimeSpan.Zero ? JobState.Scheduled : JobState.Waiting, attempts - 1, end.Delay),
        JobEndKind.Failed when attempts >= maxAttempts => new JobVerdict(JobState.Dead, attempts, TimeSpan.Zero),
        JobEndKind.Failed => new JobVerdict(JobState.Scheduled, attempts, Pause(attempts, retry, random)),
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };

    /// <summary>Doubles with each failure up to the longest, and varies by a fifth either way, so that what failed together does not come back together.</summary>
    public static TimeSpan Pause(long failures, JobRetry retry, double random)
    {
        var ceiling = Math.Min(retry.Max.TotalMilliseconds, retry.Min.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, MaxDoublings)));
        return TimeSpan.FromMilliseconds(Math.Max(1, ceiling * (0.8 + (0.4 * random))));
    }
}

/// <summary>How long a job waits after a failure.</summary>
/// <param name="Min">After the first, give or take a fifth.</param>
/// <param name="Max">The longest, give or take a fifth.</param>
internal readonly record struct JobRetry(TimeSpan Min, TimeSpan Max);
