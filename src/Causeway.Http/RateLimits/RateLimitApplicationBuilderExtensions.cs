using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds rate limits to the pipeline.</summary>
public static class RateLimitApplicationBuilderExtensions
{
    /// <summary>Refuses with 429 <c>RATE_LIMITED</c> and <c>Retry-After</c> whoever asks more often than the endpoint's policy allows; tells everybody else what is left.</summary>
    /// <remarks>
    /// Only endpoints with <c>WithRateLimit</c> are limited. Every limited answer has <c>RateLimit-Policy: "default";q=100;w=60</c> and <c>RateLimit: "default";r=50;t=30</c>
    /// (draft-ietf-httpapi-ratelimit-headers, as structured fields): the quota and its window, how many are left, and the seconds until all are back, or where
    /// none is left until the next one is. Needs <c>AddRateLimits</c>. Place it after routing and after whatever finds out who the caller is.
    /// </remarks>
    public static IApplicationBuilder UseRateLimits(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var limiter = app.ApplicationServices.GetService<RateLimiter>()
            ?? throw new InvalidOperationException("UseRateLimits needs services.AddRateLimits().");
        return app.Use(next => context =>
            context.GetEndpoint()?.Metadata.GetMetadata<RateLimitMetadata>() is { Policy: { } policy } && limiter.Take(context, policy) is { } refusal
                ? ErrorWriter.WriteAsync(context, refusal)
                : next(context));
    }
}
