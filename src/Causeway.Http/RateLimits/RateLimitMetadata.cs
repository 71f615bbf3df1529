namespace Causeway.Http;

/// <summary>Which policy limits an endpoint; the last one of an endpoint's metadata counts.</summary>
/// <param name="policy">The policy's name; null for none.</param>
public sealed class RateLimitMetadata(string? policy)
{
    /// <summary>The policy's name; null where the endpoint is not limited.</summary>
    public string? Policy { get; } = policy;

    /// <inheritdoc/>
    public override string ToString() => $"RateLimit {Policy ?? "none"}";
}
