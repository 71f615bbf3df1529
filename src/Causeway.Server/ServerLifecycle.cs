using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>How the server stops, what it watches, and who hears of it.</summary>
internal static class ServerLifecycle
{
    /// <summary>Live connections may take this part of the drain; the rest is left for requests in flight.</summary>
    private const double ConnectionsShare = 0.8;

    public static void AddServerLifecycle(this IServiceCollection services, ServerSettings settings)
    {
        services.AddServiceManager();
        services.AddDrain(drain => drain.Window = TimeSpan.FromSeconds(settings.Server.DrainSeconds));
        services.AddReadiness();
        services.AddDependencies();
        services.AddServerLoops();
        services.AddServerReload(settings);
        services.AddDrainStep("live connections", order: 0, ConnectionsShare, static async (context, cancellationToken) =>
        {
            var connections = context.Services.GetRequiredService<Realtime.Connections>();
            var (webSockets, streams) = (connections.Statistics.WebSockets, connections.Statistics.Streams);
            if (webSockets + streams > 0)
            {
                context.Report($"{webSockets} WebSockets and {streams} event streams told to reconnect");
            }

            // With no window at all they are told nevertheless; the host's own grace is enough for that.
            await connections.DrainAsync(context.Remaining, context.Budget > TimeSpan.Zero ? cancellationToken : CancellationToken.None);
            if (connections.CutByDrain > 0)
            {
                context.Report($"{connections.CutByDrain} of them did not end in time and were reset");
            }
        });
        services.AddRequestsInFlight(order: 100);
    }

    /// <summary>From the moment readiness is gone, nobody new gets in: a client let in now would be sent away at once.</summary>
    public static void RefuseNewcomersWhileDraining(IServiceProvider services)
    {
        var (drain, connections) = (services.GetRequiredService<DrainState>(), services.GetRequiredService<Realtime.Connections>());
        drain.Draining.Register(() => connections.RefuseNewcomers(drain.Remaining));
    }
}
