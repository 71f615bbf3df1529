using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>Refuses requests for hosts that are not served here, and of pages of other sites.</summary>
internal sealed class HostAndOriginMiddleware(RequestDelegate next, HostRules hosts, string[] allowedOrigins, RefusalMetrics metrics, ILogger logger)
{
    private static readonly ApiError ForeignHost = new(
        ErrorCode.InvalidMessage,
        "This host is not served here. If it should be, set Server:PublicUrl or add it to Auth:AllowedHosts.");

    private static readonly ApiError ForeignOrigin = new(
        ErrorCode.Forbidden,
        "Pages of this origin may not ask here. If they should, add it to Auth:AllowedOrigins.");

    public Task InvokeAsync(HttpContext context)
    {
        if (!hosts.Allows(context))
        {
            var host = context.Request.Host.Value ?? "";
            logger.HostRefused(host);
            metrics.Count(ForeignHost.Code);
            return ErrorWriter.WriteAsync(context, ForeignHost with { Details = new() { ["host"] = host } });
        }

        if (!OriginPolicy.IsSameOriginOrAllowed(context, allowedOrigins))
        {
            var origin = context.Request.Headers.Origin.ToString();
            logger.OriginRefused(origin);
            metrics.Count(ForeignOrigin.Code);
            return ErrorWriter.WriteAsync(context, ForeignOrigin with { Details = new() { ["origin"] = origin } });
        }

        return next(context);
    }
}
