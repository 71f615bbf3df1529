using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>Sends plain requests to HTTPS, and tells browsers over HTTPS to stay there.</summary>
internal sealed class HttpsMiddleware(RequestDelegate next, HttpsOptions options)
{
    private readonly StringValues _strict = options.StrictFor is { } time
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"max-age={(long)time.TotalSeconds}{(options.IncludeSubDomains ? "; includeSubDomains" : "")}{(options.Preload ? "; preload" : "")}")
        : default(StringValues);

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.IsHttps)
        {
            if (_strict.Count > 0 && IsName(request.Host.Host))
            {
                context.Response.Headers.StrictTransportSecurity = _strict;
            }

            return next(context);
        }

        if (options.RedirectTo(context) is not { } authority)
        {
            return next(context);
        }

        // 308 keeps method and body. What browsers may not take from memory they ask again, so that a mistake can be mended.
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Location = UriHelper.BuildAbsolute("https", new HostString(authority), request.PathBase, request.Path, request.QueryString);
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        return Task.CompletedTask;
    }

    /// <summary>Whether the rule can stick: browsers keep none for addresses, and one for localhost would lock out every other service of the machine.</summary>
    private static bool IsName(string host) =>
        !LocalHosts.Contains(host) && !host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) && !IPAddress.TryParse(host.AsSpan().Trim("[]"), out _);
}
