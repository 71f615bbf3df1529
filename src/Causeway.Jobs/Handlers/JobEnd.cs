namespace Causeway.Jobs;

/// <summary>How a try ended, before anybody decided what that means for the job.</summary>
internal sealed record JobEnd(JobEndKind Kind)
{
    public static JobEnd Succeeded { get; } = new(JobEndKind.Succeeded);

    public static JobEnd Cancelled { get; } = new(JobEndKind.Cancelled);

    public static JobEnd HandedBack { get; } = new(JobEndKind.HandedBack);

    /// <summary>Nothing is to be said any more: another worker has it, or its end is in the database already.</summary>
    public static JobEnd Settled { get; } = new(JobEndKind.Settled);

    public TimeSpan Delay { get; private init; }

    public JobFailureReason Reason { get; private init; }

    public string? Message { get; private init; }

    public string? Stack { get; private init; }

    public static JobEnd Snoozed(TimeSpan delay) => new(JobEndKind.Snoozed) { Delay = delay };

    public static JobEnd Failed(JobFailureReason reason, string message, string? stack) => new(JobEndKind.Failed) { Reason = reason, Message = message, Stack = stack };

    public static JobEnd GivenUp(string message) => new(JobEndKind.GivenUp) { Reason = JobFailureReason.Failed, Message = message };
}

/// <summary>The ways a try can end.</summary>
internal enum JobEndKind
{
    Succeeded = 1,
    Failed,
    GivenUp,
    Snoozed,
    Cancelled,
    HandedBack,
    Settled,
}
