namespace Causeway.Server;

/// <summary>Background loops: list, look, run, pause, resume.</summary>
internal static class LoopEndpoints
{
    public static void MapLoopEndpoints(this RouteGroupBuilder api)
    {
        var loops = api.MapGroup("/loops").WithTags("Loops");

        loops.MapGet("", ListLoops.Handle)
            .WithName("listLoops").WithSummary("List background loops by name.")
            .Needs(AccessRule.Operator("loops:read")).Answers<ListLoops.LoopList>(200);
        loops.MapGet("/{name}", GetLoop.Handle)
            .WithName("getLoop").WithSummary("Show one loop.")
            .Needs(AccessRule.Operator("loops:read")).Answers<LoopResponse>(200).Refuses(404);
        loops.MapPost("/{name}/run", OperateLoop.Run)
            .WithName("runLoop").WithSummary("Run a loop now, or right after the iteration that runs; a paused one runs once.")
            .Needs(AccessRule.Operator("loops:write")).Answers<LoopResponse>(202).Refuses(404, 409).Audits("loop.run", "loop:{name}");
        loops.MapPost("/{name}/pause", OperateLoop.Pause)
            .WithName("pauseLoop").WithSummary("Plan no more iterations until the loop is resumed, or the service restarted.")
            .Needs(AccessRule.Operator("loops:write")).Answers<LoopResponse>(200).Refuses(404, 409).Audits("loop.pause", "loop:{name}");
        loops.MapPost("/{name}/resume", OperateLoop.Resume)
            .WithName("resumeLoop").WithSummary("Go on with the plan; a turn that was missed is taken at once.")
            .Needs(AccessRule.Operator("loops:write")).Answers<LoopResponse>(200).Refuses(404, 409).Audits("loop.resume", "loop:{name}");
    }
}
