using System.ComponentModel.DataAnnotations;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>How often callers may ask. Figures are each node's own; a reload changes them, and what callers have used stays counted.</summary>
internal sealed class RateLimitSettings
{
    /// <summary>Whether anybody is limited at all.</summary>
    /// <value>Default true. Whoever needs no credential because they are at this machine never is.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>Callers that each policy remembers; beyond it those are forgotten who have used the least. Counts from the start only.</summary>
    /// <value>1,024–16,777,216, 16 bytes each. Default 65,536.</value>
    [Range(RateLimitOptions.MinMaxKeys, RateLimitOptions.MaxMaxKeys)]
    public int MaxKeys { get; set; } = 65_536;

    /// <summary>Of the API's endpoints that have none of the others.</summary>
    /// <value>Default 600 a minute.</value>
    public RateLimitSetting Default { get; } = new() { Permits = 600, Seconds = 60 };

    /// <summary>Of what anybody may try without a credential, such as logging in, by network.</summary>
    /// <value>Default 20 a minute.</value>
    public RateLimitSetting Auth { get; } = new() { Permits = 20, Seconds = 60 };

    /// <summary>The same by the account that is tried, from wherever.</summary>
    /// <value>Default 10 in 5 minutes.</value>
    public RateLimitSetting AuthAccount { get; } = new() { Permits = 10, Seconds = 300 };

    /// <summary>Of publishing over HTTP.</summary>
    /// <value>Default 6,000 a minute.</value>
    public RateLimitSetting Publish { get; } = new() { Permits = 6_000, Seconds = 60 };

    /// <summary>Of uploads and imports.</summary>
    /// <value>Default 60 a minute.</value>
    public RateLimitSetting Upload { get; } = new() { Permits = 60, Seconds = 60 };

    /// <summary>All of them, under the names that endpoints use.</summary>
    public IEnumerable<(string Name, RateLimitPolicy Policy)> Policies() =>
    [
        (RateLimitPolicies.Default, Default.ToPolicy()),
        (RateLimitPolicies.Auth, Auth.ToPolicy()),
        (RateLimitPolicies.AuthAccount, AuthAccount.ToPolicy()),
        (RateLimitPolicies.Publish, Publish.ToPolicy()),
        (RateLimitPolicies.Upload, Upload.ToPolicy()),
    ];
}

/// <summary>One policy: so many requests at once, and as many again spread evenly over each window.</summary>
internal sealed class RateLimitSetting
{
    /// <summary>Requests.</summary>
    /// <value>1–1,000,000.</value>
    [Range(1, 1_000_000)]
    public int Permits { get; set; }

    /// <summary>How long the whole quota takes to come back.</summary>
    /// <value>Seconds, 1–86,400.</value>
    [Range(1, 86_400)]
    public int Seconds { get; set; }

    public RateLimitPolicy ToPolicy() => new(Permits, TimeSpan.FromSeconds(Seconds));
}
