using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>What SIGHUP changes in the server itself; other features add their own hooks.</summary>
internal static class ServerReload
{
    public static void AddServerReload(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(new CurrentSettings(settings));
        services.AddReloadSource(static provider => provider.GetRequiredService<CurrentSettings>().ReadAgain());
        if (settings.Server.ReloadOnSave ?? settings.Configuration.IsDevelopment)
        {
            services.AddHostedService<ReloadOnSave>();
        }

        services.AddReload("log level", order: 0, ["Telemetry:LogLevel"], static (context, _) =>
        {
            var wanted = context.Services.GetRequiredService<CurrentSettings>().Value.Telemetry.LogLevel;
            var levels = context.Services.GetRequiredService<LogLevelSwitch>();
            if (levels.Level != wanted)
            {
                levels.Level = wanted;
                context.Report($"now {wanted.ToString().ToLowerInvariant()}");
            }

            return Task.CompletedTask;
        });
        services.AddReload("namespaces", order: 10, ["Realtime:Namespaces"], static (context, _) =>
        {
            if (context.ChangedKeys.Count > 0)
            {
                var options = new RealtimeOptions();
                context.Services.GetRequiredService<CurrentSettings>().Value.Apply(options, context.Services.GetRequiredService<Exposure>());
                var rooms = context.Services.GetRequiredService<Rooms>().ReplaceNamespaces(options.Namespaces);
                context.Report($"{context.ChangedKeys.Count} rules, and {rooms} rooms follow them");
            }

            return Task.CompletedTask;
        });
    }
}
