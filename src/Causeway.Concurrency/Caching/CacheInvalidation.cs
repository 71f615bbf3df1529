namespace Causeway.Concurrency;

/// <summary>What was removed from a cache, in a form that can be sent to other nodes.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Kind">What <paramref name="Value"/> is.</param>
/// <param name="Value">The key or the tag as text; null when everything was removed.</param>
public sealed record CacheInvalidation(string Cache, CacheInvalidationKind Kind, string? Value);

/// <summary>How much a <see cref="CacheInvalidation"/> removes.</summary>
public enum CacheInvalidationKind
{
    /// <summary>The value under one key.</summary>
    Key = 1,

    /// <summary>Every value with a tag.</summary>
    Tag,

    /// <summary>Everything.</summary>
    All,
}
