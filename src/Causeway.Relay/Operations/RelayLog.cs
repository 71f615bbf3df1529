using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Routes, backends and forwarding: events 5000–5199.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(5001, LogLevel.Warning, "Backend {Backend} at {Url} failed in phase {Phase}, after {Retries} retries: {Reason}")]
    public static partial void BackendFailed(this ILogger logger, string backend, Uri url, BackendPhase phase, int retries, string reason);

    [LoggerMessage(5002, LogLevel.Warning, "Backend {Backend} at {Url} broke off in the middle of its answer to {Path}; the client's was cut as well: {Reason}")]
    public static partial void BackendBrokeOff(this ILogger logger, string backend, Uri url, PathString path, string reason);

    [LoggerMessage(5003, LogLevel.Debug, "The client left before backend {Backend} had answered {Path} in full.")]
    public static partial void ClientLeft(this ILogger logger, string backend, PathString path);

    [LoggerMessage(5004, LogLevel.Warning, "Backend {Backend} at {Url} is down: {Reason}")]
    public static partial void AddressDown(this ILogger logger, string backend, Uri url, string reason);

    [LoggerMessage(5005, LogLevel.Information, "Backend {Backend} at {Url} is up again.")]
    public static partial void AddressUp(this ILogger logger, string backend, Uri url);

    [LoggerMessage(5006, LogLevel.Information, "{Routes} routes to {Backends} backends in force: {Kept} backends kept, {Retired} let go.")]
    public static partial void RoutesApplied(this ILogger logger, int routes, int backends, int kept, int retired);
}
