namespace Causeway.Http;

/// <summary>On whose account a request is limited.</summary>
public readonly record struct RateLimitCaller
{
    private RateLimitCaller(string? principal, bool isExempt) => (Principal, IsExempt) = (principal, isExempt);

    /// <summary>Nobody's: the request is not limited.</summary>
    public static RateLimitCaller Exempt { get; } = new(null, isExempt: true);

    /// <summary>That of the network the request came from: the IPv4 address, or the /64 of an IPv6 address. For whoever has no credential.</summary>
    public static RateLimitCaller Network { get; }

    /// <summary>The credential's stable name; null for the network.</summary>
    internal string? Principal { get; }

    internal bool IsExempt { get; }

    /// <summary>That of a user or an API key, from wherever its requests come.</summary>
    /// <param name="principal">A name that no other user or key has.</param>
    public static RateLimitCaller Named(string principal)
    {
        ArgumentException.ThrowIfNullOrEmpty(principal);
        return new(principal, isExempt: false);
    }
}
