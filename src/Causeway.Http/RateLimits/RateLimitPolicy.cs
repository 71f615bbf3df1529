namespace Causeway.Http;

/// <summary>How many requests a caller has: so many at once, and as many again spread evenly over each window.</summary>
/// <param name="Permits">Requests; 1–1,000,000.</param>
/// <param name="Window">How long the whole quota takes to come back; 1 second–1 day.</param>
public sealed record RateLimitPolicy(int Permits, TimeSpan Window)
{
    /// <summary>What is wrong with it, as the rest of a sentence; null when all is well.</summary>
    internal string? Problem() =>
        Permits is < 1 or > 1_000_000 ? "must have 1 to 1,000,000 permits"
        : Window < TimeSpan.FromSeconds(1) || Window > TimeSpan.FromDays(1) ? "must have a window of 1 second to 1 day"
        : null;
}
