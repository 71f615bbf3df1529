using Causeway.Identity;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Mail as a part of the service: each is a job.</summary>
internal static class ServerMail
{
    public static IServiceCollection AddServerMail(this IServiceCollection services, ServerSettings settings)
    {
        services.Configure<MailOptions>(options => settings.Mail.Apply(options, settings));
        services.AddSingleton<IMailOutbox, JobMailOutbox>();
        services.AddJob<MailRequest, SendMailHandler>(SendMailHandler.Kind, kind =>
        {
            kind.Queue = SendMailHandler.Queue;

            // Half a minute, doubled up to an hour: three days.
            kind.RetryMin = TimeSpan.FromSeconds(30);
            kind.RetryMax = TimeSpan.FromHours(1);
            kind.MaxAttempts = 78;
            kind.Timeout = TimeSpan.FromSeconds(30 + (settings.Mail.Smtp?.TimeoutSeconds ?? 0));
        });

        // A server that hangs must leave room for jobs of other kinds.
        return services.Configure<JobsOptions>(jobs => jobs.Queues.TryAdd(SendMailHandler.Queue, new JobQueueOptions { Workers = Math.Max(1, jobs.Workers / 2) }));
    }
}
