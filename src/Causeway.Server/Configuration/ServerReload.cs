using System.Text.Json.Nodes;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Identity;
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

        services.AddReloadObserver(WriteDownAsync);
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

    /// <summary>Another configuration, or one that was refused, is an act; a reload that finds nothing new is none.</summary>
    private static Task WriteDownAsync(IServiceProvider provider, ReloadReport report, CancellationToken cancellationToken)
    {
        if (report.Values.Count + report.Changes.Count + report.Problems.Count == 0)
        {
            return Task.CompletedTask;
        }

        var details = new JsonObject();
        if (report.Values.Count > 0)
        {
            details["values"] = new JsonObject(report.Values.Select(static value => KeyValuePair.Create<string, JsonNode?>(value.Key, new JsonArray(value.Before, value.After))));
        }

        Add("changed", report.Changes);
        Add("need_restart", report.NeedRestart);
        Add("problems", report.Problems);
        return provider.GetRequiredService<AuditLog>().RecordAsync(
            new AuditEntry("config.reload", report.Succeeded ? AuditOutcome.Success : AuditOutcome.Failed, AuditOrigin.Service, Details: details), cancellationToken);

        void Add(string name, IReadOnlyList<string> lines)
        {
            if (lines.Count > 0)
            {
                details[name] = new JsonArray([.. lines.Select(static line => JsonValue.Create(line))]);
            }
        }
    }
}
