using Causeway.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says which rate limit an endpoint has.</summary>
public static class RateLimitEndpointConventionBuilderExtensions
{
    /// <summary>Limits the endpoints by a policy of <see cref="RateLimitOptions.Policies"/>; said again closer to an endpoint, it replaces the group's.</summary>
    public static TBuilder WithRateLimit<TBuilder>(this TBuilder builder, string policy)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        return Add(builder, policy);
    }

    /// <summary>Leaves the endpoints without a limit, whatever their group has: for probes, and for what browsers reopen by themselves and give up on at a 429.</summary>
    public static TBuilder WithoutRateLimit<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => Add(builder, null);

    private static TBuilder Add<TBuilder>(TBuilder builder, string? policy)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var metadata = new RateLimitMetadata(policy);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
