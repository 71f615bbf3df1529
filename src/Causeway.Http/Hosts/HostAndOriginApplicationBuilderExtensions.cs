using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the check of Host and Origin to the pipeline.</summary>
public static class HostAndOriginApplicationBuilderExtensions
{
    /// <summary>Refuses a <c>Host</c> that is not served here (400 <c>INVALID_MESSAGE</c>) and a foreign <c>Origin</c> (403 <c>FORBIDDEN</c>), on every route and method.</summary>
    /// <remarks>Each refusal counts in <c>causeway.refused</c>, by code, on the meter <c>Causeway.Http</c>. Needs <c>AddHostAndOriginCheck</c>. Place it after <c>UseApiErrors</c> and after forwarded headers, before everything that answers.</remarks>
    public static IApplicationBuilder UseHostAndOriginCheck(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var exposure = services.GetService<Exposure>()
            ?? throw new InvalidOperationException("UseHostAndOriginCheck needs services.AddHostAndOriginCheck().");
        var options = services.GetRequiredService<IOptions<HostAndOriginOptions>>().Value;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Http.Hosts");
        var hosts = new HostRules(exposure, options.AllowedHosts);
        if (hosts.TakesAnyAddress)
        {
            logger.HostNamesUnknown();
        }

        // Behind a proxy that ends TLS the page's origin is the public URL's, though the request arrives as http.
        string[] origins = exposure.PublicUrl is { } url ? [.. options.AllowedOrigins, url.GetLeftPart(UriPartial.Authority)] : [.. options.AllowedOrigins];
        var metrics = services.GetRequiredService<RefusalMetrics>();
        return app.Use(next => new HostAndOriginMiddleware(next, hosts, origins, metrics, logger).InvokeAsync);
    }
}
