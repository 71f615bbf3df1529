namespace Causeway.Hosting;

/// <summary>How a background loop behaves when all is not well.</summary>
public sealed class LoopOptions
{
    /// <summary>What one iteration has. One that takes longer is cancelled; one that does not come back then is left behind, which is reported.</summary>
    /// <value>10 ms–1 day. Default 5 min.</value>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What an iteration has to come back after it was cancelled.</summary>
    /// <value>0 s–5 min. Default 5 s.</value>
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The shortest pause after a failure; the pauses grow and vary.</summary>
    /// <value>10 ms–1 day. Default 1 s.</value>
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after a failure.</summary>
    /// <value>At least <see cref="RetryMin"/>, at most 1 day. Default 5 min.</value>
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the service can't live without this loop: after <see cref="MaxFailures"/> failures in a row the process drains and ends with a code other than 0.</summary>
    /// <value>Default false: it is tried for ever.</value>
    public bool Critical { get; set; }

    /// <summary>Failures in a row after which a critical loop is dead for good.</summary>
    /// <value>1–1,000. Default 5.</value>
    public int MaxFailures { get; set; } = 5;

    /// <summary>Whether the first iteration begins with the service rather than one interval later.</summary>
    /// <value>Default true.</value>
    public bool RunAtStart { get; set; } = true;

    internal void Check(string name, TimeSpan interval)
    {
        var (shortest, longest) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        Require(interval >= shortest && interval <= TimeSpan.FromDays(30), "the interval must be 10 ms to 30 days.");
        Require(Deadline >= shortest && Deadline <= longest, "Deadline must be 10 ms to 1 day.");
        Require(CancelGrace >= TimeSpan.Zero && CancelGrace <= TimeSpan.FromMinutes(5), "CancelGrace must be 0 s to 5 min.");
        Require(RetryMin >= shortest && RetryMin <= RetryMax && RetryMax <= longest, "RetryMin must be 10 ms or more, RetryMax at least as much and at most 1 day.");
        Require(MaxFailures is >= 1 and <= 1_000, "MaxFailures must be 1 to 1,000.");

        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                throw new ArgumentException($"Loop {name}: {rule}");
            }
        }
    }
}
