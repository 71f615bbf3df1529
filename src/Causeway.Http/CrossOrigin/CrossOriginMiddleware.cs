using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>Lets pages of listed origins read what they asked for, and answers their preflights.</summary>
internal sealed class CrossOriginMiddleware
{
    private static readonly StringValues Yes = "true";

    private readonly RequestDelegate _next;
    private readonly string[] _origins;
    private readonly StringValues _methods;
    private readonly StringValues _requestHeaders;
    private readonly StringValues _exposedHeaders;
    private readonly StringValues _maxAge;

    public CrossOriginMiddleware(RequestDelegate next, string[] origins, CrossOriginOptions options)
    {
        _next = next;
        _origins = origins;
        _methods = string.Join(", ", options.Methods);
        _requestHeaders = string.Join(", ", options.RequestHeaders);
        _exposedHeaders = string.Join(", ", options.ExposedHeaders);
        _maxAge = ((long)options.PreflightMaxAge.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<PassThroughMetadata>() is not null)
        {
            return _next(context);
        }

        // Said of every answer, also to those without an origin: a cache in between must not hand one site's to another.
        var headers = context.Response.Headers;
        headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.Origin);
        if (OriginPolicy.FindListed(context, _origins) is not { } origin)
        {
            return _next(context);
        }

        // The origin itself and never *, since credentials are allowed.
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = Yes;
        if (!IsPreflight(context.Request))
        {
            headers.AccessControlExposeHeaders = _exposedHeaders;
            return _next(context);
        }

        headers.AccessControlAllowMethods = _methods;
        headers.AccessControlAllowHeaders = _requestHeaders;
        headers.AccessControlMaxAge = _maxAge;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;
}
