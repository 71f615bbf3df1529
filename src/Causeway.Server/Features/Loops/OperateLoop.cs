using Causeway.Http;

namespace Causeway.Server;

/// <summary>Runs, pauses and resumes one background loop.</summary>
internal static class OperateLoop
{
    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such loop.");

    private static ApiError Ended { get; } = new(ErrorCode.Conflict, "The loop has ended and runs no more.");

    public static IResult Run(string name, Causeway.Hosting.Loops loops) => Answer(name, loops, loops.Run(name), StatusCodes.Status202Accepted);

    public static IResult Pause(string name, Causeway.Hosting.Loops loops) => Answer(name, loops, loops.Pause(name), StatusCodes.Status200OK);

    public static IResult Resume(string name, Causeway.Hosting.Loops loops) => Answer(name, loops, loops.Resume(name), StatusCodes.Status200OK);

    private static IResult Answer(string name, Causeway.Hosting.Loops loops, bool done, int status) => loops.Find(name) is not { } loop
        ? NotFound.ToResult()
        : done ? TypedResults.Json(LoopResponse.From(loop), statusCode: status) : Ended.ToResult();
}
