namespace Causeway.Server;

/// <summary>Shows one background loop.</summary>
internal static class GetLoop
{
    public static IResult Handle(string name, Causeway.Hosting.Loops loops) => loops.Find(name) is { } found
        ? TypedResults.Ok(LoopResponse.From(found))
        : OperateLoop.NotFound.ToResult();
}
