using Causeway.Http;

namespace Causeway.Server;

/// <summary>Backends behind the relay: look at them, operate their processes, read what those print.</summary>
internal static class BackendEndpoints
{
    public static void MapBackendEndpoints(this RouteGroupBuilder api)
    {
        var backends = api.MapGroup("/backends").WithTags("Backends");

        backends.MapGet("", ListBackends.Handle)
            .WithName("listBackends").WithSummary("List backends with their addresses and processes, in the order of their names.")
            .Needs(AccessRule.Operator("backends:read")).Answers<CursorPage<BackendResponse>>(200).Refuses(422);
        backends.MapGet("/{name}", GetBackend.Handle)
            .WithName("getBackend").WithSummary("Show one backend.")
            .Needs(AccessRule.Operator("backends:read")).Answers<BackendResponse>(200).Refuses(404);
        backends.MapPost("/{name}/start", OperateBackend.Start)
            .WithName("startBackend").WithSummary("Start a backend's process, whatever happened to it before; it is not waited for.")
            .Needs(AccessRule.Operator("backends:write")).Answers<BackendResponse>(202).Refuses(404, 409).Audits("backend.start", "backend:{name}");
        backends.MapPost("/{name}/stop", OperateBackend.Stop)
            .WithName("stopBackend").WithSummary("Stop a backend's process until it is started here: its requests get 503 meanwhile.")
            .Needs(AccessRule.Operator("backends:write")).Answers<BackendResponse>(202).Refuses(404, 409).Audits("backend.stop", "backend:{name}");
        backends.MapPost("/{name}/restart", OperateBackend.Restart)
            .WithName("restartBackend").WithSummary("Stop a backend's process and start it again.")
            .Needs(AccessRule.Operator("backends:write")).Answers<BackendResponse>(202).Refuses(404, 409).Audits("backend.restart", "backend:{name}");
        backends.MapGet("/{name}/logs", ReadOutput.Handle)
            .WithName("readBackendLogs").WithSummary("Read what a backend's process printed: the newest lines, or those after an offset; always ascending.")
            .Needs(AccessRule.Operator("backends:read")).Answers<ReadOutput.Response>(200).Refuses(404, 409, 422);
        backends.MapGet("/{name}/logs/events", FollowOutput.HandleAsync)
            .WithName("followBackendLogs").WithSummary("Follow what a backend's process prints, as Server-Sent Events.")
            .Needs(AccessRule.Operator("backends:read")).Produces(200, contentType: "text/event-stream").Refuses(404, 409).WithoutRateLimit().WithoutCompression();
    }
}
