namespace Causeway.Hosting;

/// <summary>How a dependency is watched.</summary>
public sealed class DependencyOptions
{
    /// <summary>Whether the service is not ready (503) while this is unavailable. An optional one only degrades it.</summary>
    /// <value>Default false.</value>
    public bool Required { get; set; }

    /// <summary>The pause between two probes while all is well.</summary>
    /// <value>10 ms–1 h. Default 10 s.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest pause after a failed probe; the pauses grow and vary.</summary>
    /// <value>10 ms–1 h. Default 1 s.</value>
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after a failed probe.</summary>
    /// <value>At least <see cref="RetryMin"/>, at most 1 h. Default 30 s.</value>
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What one probe has. One that does not come back then has failed, and is left behind.</summary>
    /// <value>10 ms–5 min. Default 5 s.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Failed probes in a row that make it unavailable; the ones before only degrade it. What never worked is unavailable after the first.</summary>
    /// <value>1–100. Default 3.</value>
    public int FailuresToUnavailable { get; set; } = 3;

    /// <summary>Good probes in a row that make it available again after a failed one; until then it is degraded.</summary>
    /// <value>1–100. Default 1.</value>
    public int SuccessesToAvailable { get; set; } = 1;

    internal DependencyOptions Checked(string name)
    {
        var (shortest, longest) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        Require(Interval >= shortest && Interval <= longest, "Interval must be 10 ms to 1 h.");
        Require(RetryMin >= shortest && RetryMin <= RetryMax && RetryMax <= longest, "RetryMin must be 10 ms or more, RetryMax at least as much and at most 1 h.");
        Require(Timeout >= shortest && Timeout <= TimeSpan.FromMinutes(5), "Timeout must be 10 ms to 5 min.");
        Require(FailuresToUnavailable is >= 1 and <= 100 && SuccessesToAvailable is >= 1 and <= 100, "FailuresToUnavailable and SuccessesToAvailable must be 1 to 100.");
        return this;

        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                throw new ArgumentException($"Dependency {name}: {rule}");
            }
        }
    }
}
