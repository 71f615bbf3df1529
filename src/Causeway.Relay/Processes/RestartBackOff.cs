namespace Causeway.Relay;

/// <summary>How long to wait before a process is started again: doubling from the shortest to the longest wait, a tenth more or less by chance.</summary>
internal sealed class RestartBackOff(RestartOptions options)
{
    /// <summary>So many ends in a row, none after a run of <see cref="StableTime"/>, are a crash loop.</summary>
    public const int CrashLoopAfter = 5;

    /// <summary>A process that was ready for so long has run well: what was before no longer counts.</summary>
    public static readonly TimeSpan StableTime = TimeSpan.FromSeconds(60);

    /// <summary>Ends since it last ran well.</summary>
    public int Failures { get; private set; }

    public bool IsCrashLoop => Failures >= CrashLoopAfter;

    /// <summary>Counts an end and says how long to wait.</summary>
    /// <param name="readyFor">How long it was ready; zero where it never was.</param>
    public TimeSpan Next(TimeSpan readyFor)
    {
        Failures = readyFor >= StableTime ? 1 : Failures + 1;
        if (IsCrashLoop)
        {
            return TimeSpan.FromSeconds(options.MaxSeconds);
        }

        var seconds = Math.Min(options.MaxSeconds, options.MinSeconds * Math.Pow(2, Failures - 1));
        return TimeSpan.FromSeconds(Math.Min(options.MaxSeconds, seconds * (0.9 + (0.2 * Random.Shared.NextDouble()))));
    }

    /// <summary>Forgets the ends.</summary>
    public void Reset() => Failures = 0;
}
