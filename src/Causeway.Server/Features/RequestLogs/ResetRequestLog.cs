using Causeway.Http;

namespace Causeway.Server;

/// <summary>Ends what was switched for a while.</summary>
internal static class ResetRequestLog
{
    public static IResult Handle(RequestConditions conditions, Caller caller, RequestLog log, ILogger<RequestLog> logger)
    {
        if (conditions.Check(log.Version) is { } refused)
        {
            return refused.ToResult();
        }

        log.EndOverride();
        logger.RequestLogReset(caller.Principal);
        return TypedResults.NoContent();
    }
}
