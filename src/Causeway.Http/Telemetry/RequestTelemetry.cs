using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Causeway.Http;

/// <summary>
/// A span and a duration for each request, named by OpenTelemetry's conventions. Instead of the host's own, which keeps an activity for as long as a request lasts: a live
/// connection's lasts for days, so those pass here without a trace.
/// </summary>
internal sealed class RequestTelemetry
{
    private const int MaxTraceStateLength = 512;

    private static readonly ActivitySource Source = new("Causeway.Http");

    private readonly RequestDelegate _next;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _durations;

    public RequestTelemetry(RequestDelegate next, IMeterFactory meters, TimeProvider time)
    {
        (_next, _time) = (next, time);
        _durations = meters.Create("Causeway.Http").CreateHistogram(
            "http.server.request.duration", "s", "Time from a request's head until its answer is written; live connections are not counted.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });
    }

    public Task InvokeAsync(HttpContext context) =>
        IsLive(context) || !(_durations.Enabled || Source.HasListeners()) ? _next(context) : MeasureAsync(context);

    private static bool IsLive(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
        || context.Request.Headers.Accept is [{ } accept] && accept.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private async Task MeasureAsync(HttpContext context)
    {
        var begun = _time.GetTimestamp();
        using var span = Start(context.Request);
        try
        {
            await _next(context).ConfigureAwait(false);
        }
        finally
        {
            Count(context, _time.GetElapsedTime(begun));
            if (span is not null)
            {
                End(span, context);
            }
        }
    }

    /// <summary>Goes on with the caller's trace (W3C <c>traceparent</c>), or begins one.</summary>
    private static Activity? Start(HttpRequest request)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var parent = default(ActivityContext);
        if (request.Headers.TraceParent is [{ } traceParent])
        {
            var state = request.Headers.TraceState is [{ Length: <= MaxTraceStateLength } given] && !given.AsSpan().ContainsAnyExceptInRange(' ', '~') ? given : null;
            ActivityContext.TryParse(traceParent, state, isRemote: true, out parent);
        }

        return Source.StartActivity(MethodOf(request), ActivityKind.Server, parent);
    }

    private static void End(Activity span, HttpContext context)
    {
        if (!span.IsAllDataRequested)
        {
            return;
        }

        var (request, status, route) = (context.Request, context.Response.StatusCode, RouteOf(context));
        if (route is not null)
        {
            span.DisplayName = $"{MethodOf(request)} {route}";
            span.SetTag("http.route", route);
        }

        // The path without its query: a token may stand there.
        span.SetTag("http.request.method", MethodOf(request));
        span.SetTag("url.path", request.Path.Value);
        span.SetTag("url.scheme", request.Scheme);
        span.SetTag("network.protocol.version", VersionOf(request.Protocol));
        span.SetTag("http.response.status_code", status);
        span.SetTag("causeway.request_id", context.TraceIdentifier);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    private void Count(HttpContext context, TimeSpan duration)
    {
        if (!_durations.Enabled)
        {
            return;
        }

        var status = context.Response.StatusCode;
        var tags = new TagList
        {
            { "http.request.method", MethodOf(context.Request) },
            { "url.scheme", context.Request.Scheme },
            { "http.response.status_code", status },
            { "network.protocol.version", VersionOf(context.Request.Protocol) },
        };
        if (RouteOf(context) is { } route)
        {
            tags.Add("http.route", route);
        }

        if (status >= StatusCodes.Status500InternalServerError)
        {
            tags.Add("error.type", status.ToString(CultureInfo.InvariantCulture));
        }

        _durations.Record(duration.TotalSeconds, tags);
    }

    private static string? RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>A client may call its method what it likes; a metric's label must not take that.</summary>
    private static string MethodOf(HttpRequest request) => request.Method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "TRACE" or "CONNECT" => request.Method,
        _ => "_OTHER",
    };

    private static string VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        "HTTP/1.0" => "1.0",
        _ => "unknown",
    };
}
