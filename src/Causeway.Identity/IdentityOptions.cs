using System.ComponentModel.DataAnnotations;

namespace Causeway.Identity;

/// <summary>Limits and timings of accounts.</summary>
public sealed class IdentityOptions : IValidatableObject
{
    /// <summary>Rounds of PBKDF2-HMAC-SHA-512 for each password. A password hashed with another number is hashed again when its owner logs in.</summary>
    /// <value>210,000–10,000,000. Default 210,000, as OWASP's Password Storage Cheat Sheet has it.</value>
    [Range(MinPasswordIterations, 10_000_000)]
    public int PasswordIterations { get; set; } = MinPasswordIterations;

    /// <summary>Passwords hashed at the same time. Each takes a core for about a tenth of a second.</summary>
    /// <value>1–256. Default one less than there are cores, and at least 1: log-ins never take the last core from the live connections.</value>
    [Range(1, 256)]
    public int HashingThreads { get; set; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Requests that wait for their turn to be hashed; one more is refused.</summary>
    /// <value>1–10,000. Default 64.</value>
    [Range(1, 10_000)]
    public int HashingQueue { get; set; } = 64;

    /// <summary>Life of an access token.</summary>
    /// <value>1–30 min. Default 15 min.</value>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Life of a session after it was last refreshed.</summary>
    /// <value>1 h–7 days. Default 7 days.</value>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long after a refresh older refresh tokens of the session still get the current one, besides the last, which always does: tabs that asked at the same time.</summary>
    /// <value>0–60 s. Default 10 s.</value>
    public TimeSpan ReuseWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Sessions a user may have; a log-in beyond it ends the one used longest ago.</summary>
    /// <value>1–1,000. Default 50.</value>
    [Range(1, 1_000)]
    public int MaxSessionsPerUser { get; set; } = 50;

    /// <summary>Life of a link that verifies an address.</summary>
    /// <value>1 h–30 days. Default 24 h.</value>
    public TimeSpan VerificationLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Life of a link that resets a password.</summary>
    /// <value>5 min–24 h. Default 1 h.</value>
    public TimeSpan ResetLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether an account can log in only after its address was verified. Then registering never tells whether an address has an account.</summary>
    /// <value>Default false.</value>
    public bool RequireVerifiedEmail { get; set; }

    /// <summary>How long the audit log is kept.</summary>
    /// <value>1 day–10 years. Default 365 days.</value>
    public TimeSpan AuditRetention { get; set; } = TimeSpan.FromDays(365);

    internal const int MinPasswordIterations = 210_000;

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var (name, value, least, most) in new[]
        {
            (nameof(AccessTokenLifetime), AccessTokenLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(30)),
            (nameof(SessionLifetime), SessionLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(7)),
            (nameof(ReuseWindow), ReuseWindow, TimeSpan.Zero, TimeSpan.FromSeconds(60)),
            (nameof(VerificationLifetime), VerificationLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(30)),
            (nameof(ResetLifetime), ResetLifetime, TimeSpan.FromMinutes(5), TimeSpan.FromHours(24)),
            (nameof(AuditRetention), AuditRetention, TimeSpan.FromDays(1), TimeSpan.FromDays(3_653)),
        })
        {
            if (value < least || value > most)
            {
                yield return new ValidationResult($"{name} must be {least} to {most}.", [name]);
            }
        }
    }
}
