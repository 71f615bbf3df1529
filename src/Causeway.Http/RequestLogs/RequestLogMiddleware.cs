using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>Logs requests while that is wanted.</summary>
internal sealed class RequestLogMiddleware(RequestDelegate next, RequestLog log, TimeProvider time, ILogger logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (log.Rules is not { } rules || rules.PathPrefix is { } prefix && !context.Request.Path.StartsWithSegments(prefix.TrimEnd('/')))
        {
            return next(context);
        }

        if (IsLive(context.Request))
        {
            // It lasts for days, and keeps nothing of this meanwhile.
            logger.LiveRequestArrived(context.Request.Method, context.Request.Path, Secrets.Query(context.Request.QueryString), AddressOf(context));
            return next(context);
        }

        return LogAsync(context, rules);
    }

    private static bool IsLive(HttpRequest request) =>
        request.Headers.Upgrade.Count > 0
        || HttpMethods.IsConnect(request.Method)
        || request.Headers.Accept is [{ } accept] && accept.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private async Task LogAsync(HttpContext context, RequestLogRules rules)
    {
        var start = time.GetTimestamp();
        var (request, response) = (context.Request, context.Response);

        // Before anything changes them: forwarded headers are taken away on the way.
        var requestHeaders = rules.Headers ? Secrets.Headers(request.Headers) : "";
        BodyCapture sent = new(rules.MaxBodyBytes), answered = new(rules.MaxBodyBytes);
        var originalRequest = request.Body;
        var originalResponse = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        if (rules.Bodies)
        {
            request.Body = new CapturedStream(originalRequest, context, sent);
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new CapturedStream(originalResponse.Stream, context, answered), originalResponse));
        }

        try
        {
            await next(context).ConfigureAwait(false);
            if (rules.Bodies)
            {
                await context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            if (rules.Bodies)
            {
                request.Body = originalRequest;
                context.Features.Set(originalResponse);
            }

            logger.RequestLogged(
                request.Method, request.Path, Secrets.Query(request.QueryString), response.StatusCode, time.GetElapsedTime(start).TotalMilliseconds, AddressOf(context));
            if (rules.Headers || rules.Bodies)
            {
                logger.RequestContents(
                    requestHeaders,
                    sent.Describe(request.ContentType, (string?)request.Headers.ContentEncoding),
                    rules.Headers ? Secrets.Headers(response.Headers) : "",
                    answered.Describe(response.ContentType, (string?)response.Headers.ContentEncoding));
            }
        }
    }
}
