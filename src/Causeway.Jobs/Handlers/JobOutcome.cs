namespace Causeway.Jobs;

/// <summary>What a handler says of its try.</summary>
public sealed class JobOutcome
{
    private JobOutcome(JobEnd end) => End = end;

    /// <summary>It is done.</summary>
    public static JobOutcome Done { get; } = new(JobEnd.Succeeded);

    internal JobEnd End { get; }

    /// <summary>It is to be tried again later, and this was no failure: it waits for something. The try does not count.</summary>
    /// <param name="delay">0–366 days.</param>
    public static JobOutcome Snooze(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromDays(366));
        return new JobOutcome(JobEnd.Snoozed(delay));
    }

    /// <summary>The try failed; it is tried again while it may be.</summary>
    /// <param name="why">For people; no secrets.</param>
    public static JobOutcome Fail(string why)
    {
        ArgumentException.ThrowIfNullOrEmpty(why);
        return new JobOutcome(JobEnd.Failed(JobFailureReason.Failed, why, null));
    }

    /// <summary>The job failed, and trying again is of no use: it is dead at once.</summary>
    /// <param name="why">For people; no secrets.</param>
    public static JobOutcome GiveUp(string why)
    {
        ArgumentException.ThrowIfNullOrEmpty(why);
        return new JobOutcome(JobEnd.GivenUp(why));
    }

    /// <summary>There is nothing to do any more: the job ends as cancelled.</summary>
    public static JobOutcome Cancel() => new(JobEnd.Cancelled);
}
