using System.ComponentModel.DataAnnotations;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Who is let in.</summary>
internal sealed class AuthOptions : IValidatableObject
{
    /// <summary>Whether this machine's own users are admins without a credential while the service is reachable from this machine only.</summary>
    /// <value>Default null: they are where the addresses allow it. <c>local</c> said outright contradicts an exposed address; <c>required</c> wants a credential of everybody.</value>
    public AuthMode? Mode { get; set; }

    /// <summary>How long an access token is valid, where <c>causeway token create</c> is not told otherwise.</summary>
    /// <value>Minutes, 1–30. Default 15.</value>
    [Range(1, 30)]
    public int AccessTokenMinutes { get; set; } = 15;

    /// <summary>How long a session lives after it was last refreshed.</summary>
    /// <value>Days, 1–7. Default 7.</value>
    [Range(1, 7)]
    public int RefreshTokenDays { get; set; } = 7;

    /// <summary>Whether anybody may make an account for themselves.</summary>
    /// <value>Default null: only while this machine alone reaches the service.</value>
    public bool? AllowRegistration { get; set; }

    /// <summary>Whether an account can log in only after its address was verified. Then registering never tells whether an address has an account.</summary>
    /// <value>Default null: where <c>Mail:Smtp</c> is set, so that the mail arrives.</value>
    public bool? RequireVerifiedEmail { get; set; }

    /// <summary>Rounds of PBKDF2-HMAC-SHA-512 for each password; one hashed with another number is hashed again at its next log-in.</summary>
    /// <value>210,000–10,000,000. Default 210,000.</value>
    [Range(210_000, 10_000_000)]
    public int PasswordIterations { get; set; } = new IdentityOptions().PasswordIterations;

    /// <summary>Passwords hashed at the same time.</summary>
    /// <value>1–256. Default one less than there are cores, and at least 1.</value>
    [Range(1, 256)]
    public int HashingThreads { get; set; } = new IdentityOptions().HashingThreads;

    /// <summary>Requests that wait for their turn to be hashed; one more is refused with 503.</summary>
    /// <value>1–10,000. Default 64.</value>
    [Range(1, 10_000)]
    public int HashingQueue { get; set; } = new IdentityOptions().HashingQueue;

    /// <summary>How long the audit log is kept.</summary>
    /// <value>Days, 1–3,653. Default 365.</value>
    [Range(1, 3_653)]
    public int AuditDays { get; set; } = 365;

    /// <summary>Whether <c>/ws</c> and <c>/sse</c> take a token as <c>?access_token=</c>. Addresses end up in the logs of proxies: leave it off where there is another way.</summary>
    /// <value>Default false.</value>
    public bool AllowQueryToken { get; set; }

    /// <summary>Origins of pages, besides the service's own, that may use it, such as <c>https://app.example.com</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Names, besides those it listens on, under which it answers, such as <c>live.example.com</c>; <c>*.example.com</c> stands for all below.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>The keys of access tokens: the first signs, all verify. With none, one is made and kept in the data directory.</summary>
    public IList<SigningKeyOptions> SigningKeys { get; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var id in SigningKeys.GroupBy(static key => key.Id, StringComparer.Ordinal).Where(static group => group.Key is not null && group.Count() > 1))
        {
            yield return new ValidationResult($"two keys have the id {id.Key}", [nameof(SigningKeys)]);
        }
    }
}
