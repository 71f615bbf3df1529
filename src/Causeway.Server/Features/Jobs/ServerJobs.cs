using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Durable jobs as a part of the service: their keys, and the room that tells of them.</summary>
internal static class ServerJobs
{
    /// <summary>Jobs as the running service has them; their tables are there for the command line too.</summary>
    public static IServiceCollection AddServerJobs(this IServiceCollection services, ServerSettings settings)
    {
        services.AddJobs(settings.Jobs.Apply);
        services.AddHostedService<JobRoom>();
        services.AddOverviewPart("jobs", static provider =>
        {
            var jobs = provider.GetRequiredService<JobClient>();
            return () =>
            {
                var counts = jobs.Counts;
                return overview => overview with { Jobs = new(Of(JobState.Waiting), Of(JobState.Running), Of(JobState.Scheduled), Of(JobState.Dead)) };

                long Of(JobState state) => counts.Where(count => count.State == state).Sum(static count => count.Jobs);
            };
        });
        return services;
    }
}
