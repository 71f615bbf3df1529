namespace Causeway.Jobs;

/// <summary>A schedule as it was added.</summary>
internal sealed record ScheduleRegistration(string Name, Type ArgsType, CronTimes Times, Func<DateTimeOffset, object> Args, JobScheduleOptions Options);
