namespace Causeway.Jobs;

/// <summary>One try that ended, and what the job becomes by it.</summary>
/// <param name="Row">The job as it was taken.</param>
/// <param name="End">How the try ended.</param>
/// <param name="Verdict">What that means.</param>
/// <param name="At">When, in Unix milliseconds.</param>
internal sealed record JobEnding(JobRow Row, JobEnd End, JobVerdict Verdict, long At)
{
    public long DueAt => Verdict.IsOver ? Row.DueAt : At + (long)Verdict.Delay.TotalMilliseconds;

    public long? FinishedAt => Verdict.IsOver ? At : null;

    public bool IsFailure => End.Message is not null;
}
