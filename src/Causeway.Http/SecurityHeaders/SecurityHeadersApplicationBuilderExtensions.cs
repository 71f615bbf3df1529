using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Causeway.Http;
using Microsoft.Extensions.Primitives;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds security headers to the pipeline.</summary>
public static class SecurityHeadersApplicationBuilderExtensions
{
    /// <summary>Sets the headers that keep a browser from guessing, framing and leaking.</summary>
    /// <remarks>
    /// <c>X-Content-Type-Options: nosniff</c>, <c>Referrer-Policy: same-origin</c>, <c>X-Frame-Options: DENY</c>,
    /// <c>Cross-Origin-Opener-Policy: same-origin</c>, <c>Cross-Origin-Resource-Policy: same-origin</c>, a <c>Permissions-Policy</c> that turns
    /// the machine's sensors off, and the <c>Content-Security-Policy</c> of the options. They are set before the rest of the pipeline runs, so
    /// an endpoint may replace or remove any of them.
    /// </remarks>
    /// <param name="app">The pipeline.</param>
    /// <param name="configure">Changes what the headers say.</param>
    /// <exception cref="ValidationException">The options can't be sent.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options validate themselves; no attribute is read by reflection.")]
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app, Action<SecurityHeadersOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var options = new SecurityHeadersOptions();
        configure?.Invoke(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);

        // One value of each for all responses.
        StringValues noSniff = "nosniff";
        StringValues referrer = "same-origin";
        StringValues deny = "DENY";
        StringValues sameOrigin = "same-origin";
        StringValues permissions = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        StringValues policy = options.ContentSecurityPolicy;
        return app.Use(next => context =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = noSniff;
            headers["Referrer-Policy"] = referrer;
            headers.XFrameOptions = deny;
            headers["Cross-Origin-Opener-Policy"] = sameOrigin;
            headers["Cross-Origin-Resource-Policy"] = sameOrigin;
            headers["Permissions-Policy"] = permissions;
            if (policy.Count > 0)
            {
                headers.ContentSecurityPolicy = policy;
            }

            return next(context);
        });
    }
}
