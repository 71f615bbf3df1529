using Causeway.Http;

namespace Causeway.Server;

/// <summary>Shows whether requests are logged.</summary>
internal static class ShowRequestLog
{
    public static IResult Handle(RequestLog log) => TypedResults.Ok(RequestLogResponse.From(log)).WithETag(log.Version);
}
