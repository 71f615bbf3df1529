namespace Causeway.Jobs;

/// <summary>How jobs of one kind are run, unless whoever enqueues one says otherwise.</summary>
public sealed class JobKindOptions
{
    /// <summary>The queue they are in.</summary>
    /// <value>1–100 of <c>a-z 0-9 _ . : -</c>. Default <c>default</c>.</value>
    public string Queue { get; set; } = JobsOptions.DefaultQueue;

    /// <summary>Higher ones are begun first within their queue.</summary>
    /// <value>−100–100. Default 0.</value>
    public int Priority { get; set; }

    /// <summary>After so many failed tries a job is dead.</summary>
    /// <value>1–1,000. Default 15, which with the pauses below takes about 17 hours.</value>
    public int MaxAttempts { get; set; } = 15;

    /// <summary>What one try may take.</summary>
    /// <value>10 ms–7 days. Default 10 min.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The pause after the first failure; it doubles with each one and varies by a fifth.</summary>
    /// <value>1 ms–1 day. Default 5 s.</value>
    public TimeSpan RetryMin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after a failure.</summary>
    /// <value>At least <see cref="RetryMin"/>, at most 30 days. Default 6 h.</value>
    public TimeSpan RetryMax { get; set; } = TimeSpan.FromHours(6);

    internal JobRetry Retry => new(RetryMin, RetryMax);

    internal void Check(string kind)
    {
        JobName.Check(kind, "job's kind");
        JobName.Check(Queue, "job's queue");
        Require(Priority is >= -100 and <= 100, "Priority must be -100 to 100.");
        Require(MaxAttempts is >= 1 and <= 1_000, "MaxAttempts must be 1 to 1,000.");
        Require(Timeout >= TimeSpan.FromMilliseconds(10) && Timeout <= TimeSpan.FromDays(7), "Timeout must be 10 ms to 7 days.");
        Require(RetryMin >= TimeSpan.FromMilliseconds(1) && RetryMin <= TimeSpan.FromDays(1), "RetryMin must be 1 ms to 1 day.");
        Require(RetryMax >= RetryMin && RetryMax <= TimeSpan.FromDays(30), "RetryMax must be RetryMin or more and at most 30 days.");

        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                throw new ArgumentException($"Job {kind}: {rule}");
            }
        }
    }
}
