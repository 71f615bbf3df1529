using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>How requests with an <c>Idempotency-Key</c> are recognised and how long their answers are kept.</summary>
public sealed class IdempotencyOptions : IValidatableObject
{
    /// <summary>Who asks; a key belongs to one principal.</summary>
    /// <value>Default: the name of the authenticated user, else the remote address.</value>
    public Func<HttpContext, string> Principal { get; set; } = static context =>
        context.User.Identity is { IsAuthenticated: true, Name: { } name } ? $"user:{name}" : $"address:{context.Connection.RemoteIpAddress}";

    /// <summary>How long an answer is kept, counted from the first request's end.</summary>
    /// <value>1 minute–30 days. Default 24 h.</value>
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a repeat waits for the first request, before it is refused with 409.</summary>
    /// <value>0–60 s. Default 10 s.</value>
    public TimeSpan WaitForFirst { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest body of a request that carries a key, since it is read whole to be compared; over it 413.</summary>
    /// <value>Bytes, 1,024–67,108,864. Default 1 MiB.</value>
    [Range(1_024, 67_108_864)]
    public int MaxRequestBytes { get; set; } = 1_048_576;

    /// <summary>The largest answer that is kept; a repeat of a request with a larger one is refused with 409, and still does nothing.</summary>
    /// <value>Bytes, 1,024–16,777,216. Default 256 KiB.</value>
    [Range(1_024, 16_777_216)]
    public int MaxResponseBytes { get; set; } = 262_144;

    /// <summary>Keys kept in memory; beyond it the oldest finished ones are forgotten before their time.</summary>
    /// <value>100–10,000,000. Default 100,000.</value>
    [Range(100, 10_000_000)]
    public int MaxKeys { get; set; } = 100_000;

    /// <summary>Bytes of answers kept in memory, keys included; beyond it the oldest finished ones are forgotten before their time.</summary>
    /// <value>Bytes, 1 MiB–16 GiB. Default 64 MiB.</value>
    [Range(1_048_576L, 17_179_869_184L)]
    public long MaxStoredBytes { get; set; } = 67_108_864;

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Principal is null)
        {
            yield return new ValidationResult("Principal must be set.", [nameof(Principal)]);
        }

        if (Retention < TimeSpan.FromMinutes(1) || Retention > TimeSpan.FromDays(30))
        {
            yield return new ValidationResult("Retention must be 1 minute to 30 days.", [nameof(Retention)]);
        }

        if (WaitForFirst < TimeSpan.Zero || WaitForFirst > TimeSpan.FromSeconds(60))
        {
            yield return new ValidationResult("WaitForFirst must be 0 to 60 s.", [nameof(WaitForFirst)]);
        }
    }
}
