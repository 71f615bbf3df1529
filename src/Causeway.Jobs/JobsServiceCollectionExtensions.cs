using System.Diagnostics.Metrics;
using Causeway.Data;
using Causeway.Hosting;
using Causeway.Jobs;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds durable jobs to an application.</summary>
public static class JobsServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="JobClient"/>, <see cref="JobSchedules"/> and a worker that runs with the host, with their migrations. Needs <c>AddDatabase</c>. Where the host drains
    /// (<c>AddDrain</c>), jobs that run get the drain step <c>jobs</c> to end in, and are handed back after it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets limits and timings.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddJobs(this IServiceCollection services, Action<JobsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(static service => service.ServiceType == typeof(JobClient)))
        {
            return services;
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobsOptions>, JobsOptionsValidator>());
        services.AddOptions<JobsOptions>().ValidateOnStart();
        services.AddMigrations("jobs", typeof(JobClient).Assembly);
        services.AddMetrics();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static provider => new JobKinds(provider.GetServices<JobRegistration>()));
        services.AddSingleton<JobChanges>();
        services.AddSingleton(static provider => new JobsMetrics(provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton(static provider => new JobStore(provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new JobTry(
            provider.GetRequiredService<JobKinds>(),
            provider.GetRequiredService<JobStore>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            Options(provider),
            provider.GetRequiredService<JobsMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            Logger(provider)));
        services.AddSingleton(static provider => new JobWorker(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<JobStore>(),
            provider.GetRequiredService<JobTry>(),
            provider.GetRequiredService<JobKinds>(),
            new WorkerReport(
                provider.GetRequiredService<JobKinds>(),
                provider.GetRequiredService<JobChanges>(),
                provider.GetRequiredService<JobsMetrics>(),
                provider.GetRequiredService<TimeProvider>(),
                Logger(provider)),
            Options(provider),
            provider.GetRequiredService<TimeProvider>(),
            Logger(provider)));
        services.AddSingleton(static provider => new JobClient(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<JobKinds>(),
            provider.GetRequiredService<JobWorker>(),
            provider.GetRequiredService<JobChanges>(),
            provider.GetRequiredService<JobsMetrics>(),
            provider.GetRequiredService<IOptions<JobsOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new JobSchedules(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<JobClient>(),
            provider.GetRequiredService<JobKinds>(),
            provider.GetServices<ScheduleRegistration>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<JobSchedules>>()));
        services.AddSingleton(static provider => new JobUpkeep(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<JobStore>(),
            provider.GetRequiredService<JobSchedules>(),
            provider.GetRequiredService<JobsMetrics>(),
            Options(provider),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IHostedService>(static provider => new JobWorkerService(provider.GetRequiredService<JobWorker>(), provider.GetService<DrainState>()));
        services.AddLoop(
            "job schedules", TimeSpan.FromSeconds(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<JobSchedules>().TickAsync(cancellationToken),
            static loop => loop.Deadline = TimeSpan.FromSeconds(30));
        services.AddLoop(
            "job counts", TimeSpan.FromSeconds(15),
            static (context, cancellationToken) => context.Services.GetRequiredService<JobUpkeep>().CountAsync(cancellationToken),
            static loop => loop.Deadline = TimeSpan.FromMinutes(1));
        services.AddLoop(
            "job clean-up", TimeSpan.FromMinutes(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<JobUpkeep>().PruneAsync(cancellationToken));

        // Beside the requests in flight and after the live connections: what runs may still tell them something.
        return services.AddDrainStep("jobs", order: 50, share: 0.5, static async (context, cancellationToken) =>
        {
            var worker = context.Services.GetRequiredService<JobWorker>();
            var running = worker.Running;

            // What is handed back has to come back first, and to be written.
            var letEnd = context.Budget - Options(context.Services).CancelGrace - TimeSpan.FromSeconds(1);
            using var window = new CancellationTokenSource(letEnd > TimeSpan.Zero ? letEnd : TimeSpan.Zero, context.Services.GetRequiredService<TimeProvider>());
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(window.Token, cancellationToken);
            var handedBack = await worker.DrainAsync(cut.Token).ConfigureAwait(false);
            if (running > 0)
            {
                context.Report($"{running} jobs ran; {handedBack} of them did not end in time and were handed back");
            }
        });
    }

    /// <summary>Adds a kind of job and its handler, which is made for each try in a scope of its own.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="kind">Names it in the database; never to be changed while there are such jobs. 1–100 of <c>a-z 0-9 _ . : -</c>.</param>
    /// <param name="configure">Sets queue, tries and times.</param>
    /// <typeparam name="TArgs">The arguments: one type for each kind. They become JSON as <see cref="JobsOptions.Json"/> has it.</typeparam>
    /// <typeparam name="THandler">Does the work.</typeparam>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">A name or an option is out of its range.</exception>
    public static IServiceCollection AddJob<TArgs, THandler>(this IServiceCollection services, string kind, Action<JobKindOptions>? configure = null)
        where TArgs : notnull
        where THandler : class, IJobHandler<TArgs>
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new JobKindOptions();
        configure?.Invoke(options);
        options.Check(kind);
        services.TryAddScoped<THandler>();
        return services.AddSingleton<JobRegistration>(new JobRegistration<TArgs, THandler>(kind, options));
    }

    /// <summary>Adds a schedule: a kind of job that is made by the clock.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Names it in the database. 1–100 of <c>a-z 0-9 _ . : -</c>.</param>
    /// <param name="cron">
    /// When: minute, hour, day of the month, month, day of the week, and seconds before them where there are six fields; or <c>@hourly</c>, <c>@daily</c> and their kin. A day
    /// of the month and one of the week must both hold.
    /// </param>
    /// <param name="args">The arguments of the job for a moment.</param>
    /// <param name="configure">Sets time zone, and what becomes of overlaps and missed moments.</param>
    /// <typeparam name="TArgs">The arguments of a kind that <c>AddJob</c> added.</typeparam>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">The name, the expression or the time zone is none.</exception>
    public static IServiceCollection AddJobSchedule<TArgs>(
        this IServiceCollection services, string name, string cron, Func<DateTimeOffset, TArgs> args, Action<JobScheduleOptions>? configure = null)
        where TArgs : notnull
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(args);
        JobName.Check(name, "schedule's name");
        var options = new JobScheduleOptions();
        configure?.Invoke(options);
        options.Job?.Check();
        return services.AddSingleton(new ScheduleRegistration(name, typeof(TArgs), CronTimes.Parse(cron, options.TimeZone), tick => args(tick), options));
    }

    private static ILogger Logger(IServiceProvider provider) => provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Jobs");

    private static JobsOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<JobsOptions>>().Value;
}
