using Causeway.Hosting;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>The relay as the program has it: routes and backends of the configuration, the program's own credentials, and a reload that changes both.</summary>
internal static class ServerRelay
{
    public static IServiceCollection AddServerRelay(this IServiceCollection services, ServerSettings settings)
    {
        var keys = new IdentityKeys(settings.DataDirectory);
        keys.Prepare(settings.Relay);
        services.AddSingleton(keys);
        services.AddSingleton<IdentityTokens>();
        services.AddSingleton<IRelayGate, RelayGate>();
        services.AddRelay(relay => Copy(settings.Relay, relay));
        services.AddReload("relayed routes", order: 10, ["Relay:Routes", "Relay:Backends"], (context, _) =>
        {
            if (context.ChangedKeys.Count > 0)
            {
                var relay = context.Services.GetRequiredService<CurrentSettings>().Value.Relay;
                keys.Prepare(relay);
                context.Services.GetRequiredService<RelayRoutes>().Apply(relay);
                context.Report($"{relay.Routes.Count} routes to {relay.Backends.Count} backends");
            }

            return Task.CompletedTask;
        });
        return services;
    }

    private static void Copy(RelayOptions from, RelayOptions to)
    {
        foreach (var route in from.Routes)
        {
            to.Routes.Add(route);
        }

        foreach (var (name, backend) in from.Backends)
        {
            to.Backends[name] = backend;
        }
    }
}
