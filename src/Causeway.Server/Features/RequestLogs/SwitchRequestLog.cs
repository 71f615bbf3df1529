using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Switches the log of requests for a while.</summary>
internal static class SwitchRequestLog
{
    private const int MostSeconds = 86_400;

    /// <summary>What to log, and for how long.</summary>
    [Example("""{"seconds":600,"headers":true,"path_prefix":"/api/v1/rooms"}""")]
    internal sealed record SwitchRequestLogRequest
    {
        /// <summary>For how long, in seconds: 1–86,400. Then what is configured counts again.</summary>
        [Required, Range(1, MostSeconds)]
        public int? Seconds { get; init; }

        /// <summary>Whether to log requests; false logs none though it is configured.</summary>
        public bool Enabled { get; init; } = true;

        /// <summary>Whether to log headers; credentials among them are masked.</summary>
        public bool Headers { get; init; }

        /// <summary>Whether to log JSON bodies; fields whose names tell of a secret are masked.</summary>
        public bool Bodies { get; init; }

        /// <summary>How much of a body, in bytes: 256–65,536.</summary>
        [Range(RequestLogRules.LeastBodyBytes, RequestLogRules.MostBodyBytes)]
        public int MaxBodyBytes { get; init; } = 4_096;

        /// <summary>Only requests whose path begins so, such as <c>/api/v1/rooms</c>; null for all.</summary>
        [RegularExpression(RequestLogSettings.PathPrefixPattern)]
        public string? PathPrefix { get; init; }
    }

    /// <summary>For the audit log.</summary>
    public static JsonObject? Describe(EndpointFilterInvocationContext invocation)
    {
        var request = invocation.Arguments.OfType<JsonBody<SwitchRequestLogRequest>>().Single().Value;
        return new JsonObject
        {
            ["enabled"] = request.Enabled,
            ["seconds"] = request.Seconds,
            ["headers"] = request.Headers,
            ["bodies"] = request.Bodies,
            ["path_prefix"] = request.PathPrefix,
        };
    }

    public static IResult Handle(
        JsonBody<SwitchRequestLogRequest> body, RequestConditions conditions, Caller caller, RequestLog log, TimeProvider time, ILogger<RequestLog> logger)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(request.Seconds is >= 1 and <= MostSeconds, "seconds", "Must be 1 to 86400.");
        errors.Check(
            request.MaxBodyBytes is >= RequestLogRules.LeastBodyBytes and <= RequestLogRules.MostBodyBytes, "max_body_bytes", "Must be 256 to 65536.");
        errors.Check(RequestLogSettings.IsPathPrefix(request.PathPrefix), "path_prefix", RequestLogSettings.PathPrefixRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (conditions.Check(log.Version) is { } refused)
        {
            return refused.ToResult();
        }

        var rules = request.Enabled
            ? new RequestLogRules { Headers = request.Headers, Bodies = request.Bodies, MaxBodyBytes = request.MaxBodyBytes, PathPrefix = request.PathPrefix }
            : null;
        var until = time.GetUtcNow().AddSeconds(request.Seconds!.Value);
        log.Override(rules, until);
        logger.RequestLogSwitched(caller.Principal, request.Enabled, request.Headers, request.Bodies, until);
        return TypedResults.Ok(RequestLogResponse.From(log)).WithETag(log.Version);
    }
}
