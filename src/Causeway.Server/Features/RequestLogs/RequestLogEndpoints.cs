using Causeway.Hosting;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>The log of requests: look whether it is on, switch it for a while, go back to the configuration.</summary>
internal static class RequestLogEndpoints
{
    public static IServiceCollection AddServerRequestLog(this IServiceCollection services, ServerSettings settings)
    {
        services.AddRequestLog(settings.Telemetry.RequestLog.ToRules());
        services.AddReload("request log", order: 10, ["Telemetry:RequestLog"], static (context, _) =>
        {
            if (context.ChangedKeys.Count > 0)
            {
                var rules = context.Services.GetRequiredService<CurrentSettings>().Value.Telemetry.RequestLog.ToRules();
                context.Services.GetRequiredService<RequestLog>().Configure(rules);
                context.Report(rules is null ? "off" : "on");
            }

            return Task.CompletedTask;
        });
        return services;
    }

    public static void MapRequestLogEndpoints(this RouteGroupBuilder api)
    {
        var log = api.MapGroup("/request-log").WithTags("Service");

        log.MapGet("", ShowRequestLog.Handle)
            .WithName("showRequestLog").WithSummary("Whether requests are logged, what of them, and until when.")
            .Needs(AccessRule.Operator("logs:read")).Answers<RequestLogResponse>(200).HasVersion(isRead: true);
        log.MapPut("", SwitchRequestLog.Handle)
            .WithName("switchRequestLog").WithSummary("Log requests for a while, or log none for a while, whatever is configured.")
            .Needs(AccessRule.Operator("logs:write")).Answers<RequestLogResponse>(200).HasVersion().Audits("request_log.switch", target: null, SwitchRequestLog.Describe);
        log.MapDelete("", ResetRequestLog.Handle)
            .WithName("resetRequestLog").WithSummary("Go back to what is configured.")
            .Needs(AccessRule.Operator("logs:write")).Answers(204).Audits("request_log.reset");
    }
}
