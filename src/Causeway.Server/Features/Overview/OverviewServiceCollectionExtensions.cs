using System.Diagnostics;
using Causeway.Hosting;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Adds the overview with the parts that every service has; a feature adds its own by <see cref="AddOverviewPart"/>.</summary>
internal static class OverviewServiceCollectionExtensions
{
    public static IServiceCollection AddOverview(this IServiceCollection services)
    {
        services.AddSingleton<OverviewReader>();
        services.AddOverviewPart("live", static provider =>
        {
            var connections = provider.GetRequiredService<Realtime.Connections>();
            return () =>
            {
                var live = connections.Statistics;
                return overview => overview with
                {
                    Connections = new(live.WebSockets, live.Streams),
                    Rooms = live.Rooms,
                    MessagesPublished = live.Published,
                    Deliveries = live.Deliveries,
                    Dropped = live.Dropped,
                    SlowCloses = live.SlowCloses,
                    BacklogBytes = live.BacklogBytes,
                    Latency = new(live.PublishToSendP50?.TotalMilliseconds, live.PublishToSendP99?.TotalMilliseconds),
                };
            };
        });
        services.AddOverviewPart("process", static _ => static () =>
        {
            using var process = Process.GetCurrentProcess();
            var memory = new GetOverview.MemoryUse(process.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false));
            var processor = Environment.CpuUsage.TotalTime.TotalSeconds;
            return overview => overview with { Memory = memory, CpuSeconds = processor };
        });
        services.AddOverviewPart("loops", static provider =>
        {
            var loops = provider.GetRequiredService<Hosting.Loops>();
            return () =>
            {
                var all = loops.All;
                return overview => overview with { Loops = new(all.Count, all.Count(static loop => loop.FailuresInRow > 0)) };
            };
        });
        services.AddOverviewPart("backends", static provider =>
        {
            var backends = provider.GetRequiredService<RelayBackends>();
            return () =>
            {
                var all = backends.List();
                return overview => overview with { Backends = new(all.Count, all.Count(static backend => backend.Addresses.All(static address => !address.IsUp))) };
            };
        });
        services.AddSingleton(static provider => new OverviewPart("readiness", async cancellationToken =>
        {
            var report = await provider.GetRequiredService<Readiness>().CheckAsync().WaitAsync(cancellationToken);
            return overview => overview with { Readiness = report.Status };
        }));
        return services;
    }

    /// <summary>Adds a part that is read at once.</summary>
    public static IServiceCollection AddOverviewPart(
        this IServiceCollection services, string name, Func<IServiceProvider, Func<Func<GetOverview.Overview, GetOverview.Overview>>> create) =>
        services.AddSingleton(provider => OverviewPart.Of(name, create(provider)));
}
