using Causeway.Http;

namespace Causeway.Server;

/// <summary>Durable jobs and schedules, as whoever runs the service sees them.</summary>
internal static class JobEndpoints
{
    public static void MapJobEndpoints(this RouteGroupBuilder api)
    {
        var (read, write) = (AccessRule.Operator("jobs:read"), AccessRule.Operator("jobs:write"));
        var jobs = api.MapGroup("/jobs").WithTags("Jobs");

        jobs.MapList(JobList.List, JobList.Shape, static (_, _) => ListScope.All)
            .WithName("listJobs").WithSummary("List jobs, by cursor or by page, sorted and filtered; state=dead are the dead letters.")
            .Needs(read);
        jobs.MapGet("/{job_id}", GetJob.HandleAsync)
            .WithName("getJob").WithSummary("Show one job with its arguments and what went wrong; stacks are for admins.")
            .Needs(read).Answers<GetJob.JobDetails>(200).Refuses(404, 503);
        jobs.MapPost("/{job_id}/retry", OperateJob.RetryAsync)
            .WithName("retryJob").WithSummary("Begin a job that is put off now.")
            .Needs(write).Answers<JobResponse>(200).Refuses(404, 409, 503).Audits("job.retry", "job:{job_id}");
        jobs.MapPost("/{job_id}/cancel", OperateJob.CancelAsync)
            .WithName("cancelJob").WithSummary("Cancel a job; one that runs is asked to end (202), on whichever node it is.")
            .Needs(write).Answers<JobResponse>(200).Answers<JobResponse>(202).Refuses(404, 409, 503).Audits("job.cancel", "job:{job_id}");
        jobs.MapPost("/{job_id}/replay", OperateJob.ReplayAsync)
            .WithName("replayJob").WithSummary("Begin a job that is over anew, with all its tries.")
            .Needs(write).Answers<JobResponse>(200).Refuses(404, 409, 503).Audits("job.replay", "job:{job_id}");
        jobs.MapDelete("/{job_id}", OperateJob.DiscardAsync)
            .WithName("discardJob").WithSummary("Delete a job that does not run, with all that is known of it.")
            .Needs(write).Answers(204).Refuses(404, 409, 503).Audits("job.discard", "job:{job_id}");

        var schedules = api.MapGroup("/schedules").WithTags("Jobs");

        schedules.MapGet("", Schedules.ListAsync)
            .WithName("listSchedules").WithSummary("List schedules by name.")
            .Needs(read).Answers<Schedules.ScheduleList>(200).Refuses(503);
        schedules.MapGet("/{name}", Schedules.GetAsync)
            .WithName("getSchedule").WithSummary("Show one schedule.")
            .Needs(read).Answers<Schedules.ScheduleResponse>(200).Refuses(404, 503);
        schedules.MapPost("/{name}/run", Schedules.RunAsync)
            .WithName("runSchedule").WithSummary("Make a job of a schedule now, beside its times; also while it is paused.")
            .Needs(write).Answers<Schedules.MadeJob>(202).Refuses(404, 503).Audits("schedule.run", "schedule:{name}");
        schedules.MapPost("/{name}/pause", Schedules.PauseAsync)
            .WithName("pauseSchedule").WithSummary("Make no jobs on any node until the schedule is resumed.")
            .Needs(write).Answers<Schedules.ScheduleResponse>(200).Refuses(404, 503).Audits("schedule.pause", "schedule:{name}");
        schedules.MapPost("/{name}/resume", Schedules.ResumeAsync)
            .WithName("resumeSchedule").WithSummary("Go on with the next time; what was missed is left out.")
            .Needs(write).Answers<Schedules.ScheduleResponse>(200).Refuses(404, 503).Audits("schedule.resume", "schedule:{name}");
    }
}
