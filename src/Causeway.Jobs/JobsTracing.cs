using System.Diagnostics;

namespace Causeway.Jobs;

/// <summary>The spans of tries, on the activity source <c>Causeway.Jobs</c>: each a trace of its own, linked to what enqueued the job.</summary>
internal static class JobsTracing
{
    private static readonly ActivitySource Source = new("Causeway.Jobs");

    /// <summary>What is noted of who enqueues a job; null outside of a trace.</summary>
    public static string? Parent() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Recorded: true } activity ? activity.Id : null;

    public static Activity? Start(JobRow row)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var links = ActivityContext.TryParse(row.TraceParent, null, out var parent) ? [new ActivityLink(parent)] : (IEnumerable<ActivityLink>)[];
        var span = Source.StartActivity("job " + row.Kind, ActivityKind.Consumer, default(ActivityContext), links: links);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("causeway.job.id", row.Id);
            span.SetTag("causeway.job.kind", row.Kind);
            span.SetTag("causeway.job.attempt", row.Attempts);
        }

        return span;
    }
}
