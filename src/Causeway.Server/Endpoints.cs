namespace Causeway.Server;

/// <summary>Every path of the program.</summary>
internal static class Endpoints
{
    public static void Map(WebApplication app, ServerSettings settings)
    {
        app.MapRealtime("/ws").WithoutDrainWait();
        app.MapRoomEvents("/sse").WithoutDrainWait();
        app.MapHealth();
        app.MapPrometheus("/metrics").WithMetadata(AccessRule.Operator("metrics:read"));

        var limits = app.Services.GetRequiredService<MessageLimits>();
        var api = app.MapGroup("/api/v1").WithRateLimit(RateLimitPolicies.Default).WithCompression();
        api.AnswerHead();
        api.MapAuthEndpoints();
        api.MapUserEndpoints();
        api.MapRoleEndpoints();
        api.MapApiKeyEndpoints();
        api.MapAuditEndpoints();
        api.MapRoomEndpoints();
        api.MapPublishEndpoints(limits);
        api.MapFileEndpoints(settings.Files);
        api.MapTransferEndpoints();
        api.MapConnectionEndpoints();
        api.MapNodeEndpoints();
        api.MapStreamEndpoints();
        api.MapBackendEndpoints();
        api.MapLoopEndpoints();
        api.MapJobEndpoints();
        api.MapWebhookEndpoints();
        api.MapOverviewEndpoints();
        api.MapRequestLogEndpoints();

        if (settings.ServesDocs)
        {
            app.MapApiDescription().WithMetadata(AdminArea.Instance).WithCompression();
            app.MapLiveDescription(settings).WithMetadata(AdminArea.Instance).WithCompression();
        }

        app.MapRelay();
        app.MapSiteFiles(settings);
    }
}
