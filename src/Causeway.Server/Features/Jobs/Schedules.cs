using Causeway.Http;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Lists, runs, pauses and resumes schedules. There are as many as the program was built with, so all fit on one page.</summary>
internal static class Schedules
{
    private static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such schedule.");

    public static async Task<ScheduleList> ListAsync(JobSchedules schedules, CancellationToken cancellationToken) =>
        new([.. (await schedules.ListAsync(cancellationToken)).Select(ScheduleResponse.From)]);

    public static async Task<IResult> GetAsync(string name, JobSchedules schedules, CancellationToken cancellationToken) =>
        Answer(await schedules.FindAsync(name, cancellationToken));

    public static async Task<IResult> PauseAsync(string name, JobSchedules schedules, CancellationToken cancellationToken) =>
        Answer(await schedules.PauseAsync(name, cancellationToken));

    public static async Task<IResult> ResumeAsync(string name, JobSchedules schedules, CancellationToken cancellationToken) =>
        Answer(await schedules.ResumeAsync(name, cancellationToken));

    public static async Task<IResult> RunAsync(string name, JobSchedules schedules, CancellationToken cancellationToken) =>
        await schedules.RunAsync(name, cancellationToken) is { } made
            ? TypedResults.Json(new MadeJob(made.Id, made.IsNew), statusCode: StatusCodes.Status202Accepted)
            : NotFound.ToResult();

    private static IResult Answer(JobSchedule? schedule) => schedule is null ? NotFound.ToResult() : TypedResults.Ok(ScheduleResponse.From(schedule));

    /// <summary>All schedules, by name.</summary>
    internal sealed record ScheduleList(IReadOnlyList<ScheduleResponse> Items);

    /// <summary>The job that a schedule made.</summary>
    /// <param name="JobId">The job; where the one before is not through, that one.</param>
    /// <param name="IsNew">Whether it was made now.</param>
    internal sealed record MadeJob(string JobId, bool IsNew);

    /// <summary>A schedule as the API shows it.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Kind">The kind of job it makes.</param>
    /// <param name="Cron">When, as a cron expression.</param>
    /// <param name="TimeZone">The time zone of the expression.</param>
    /// <param name="Paused">Whether it makes no jobs until it is resumed.</param>
    /// <param name="NextAt">When the next job is made; null while it is paused, and where there never is one.</param>
    /// <param name="LastAt">The last time that it made a job for.</param>
    /// <param name="LastJobId">The last job it made; it may be gone by now.</param>
    internal sealed record ScheduleResponse(
        string Name, string Kind, string Cron, string TimeZone, bool Paused, DateTimeOffset? NextAt, DateTimeOffset? LastAt, string? LastJobId)
    {
        public static ScheduleResponse From(JobSchedule schedule) => new(
            schedule.Name, schedule.Kind, schedule.Cron, schedule.TimeZone, schedule.IsPaused, schedule.NextAt, schedule.LastAt, schedule.LastJobId);
    }
}
