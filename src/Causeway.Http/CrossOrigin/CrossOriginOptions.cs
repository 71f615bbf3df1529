using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>What pages of other sites may do here. Which sites those are is <see cref="HostAndOriginOptions.AllowedOrigins"/>.</summary>
public sealed class CrossOriginOptions : IValidatableObject
{
    /// <summary>Methods that such pages may use.</summary>
    /// <value>Default GET, HEAD, POST, PUT, PATCH and DELETE.</value>
    public IList<string> Methods { get; } = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Request headers that such pages may send beside those every page may.</summary>
    /// <value>Default those this library reads.</value>
    public IList<string> RequestHeaders { get; } =
    [
        "Authorization", "Content-Type", "Cache-Control", "Idempotency-Key", "If-Match", "If-None-Match", "If-Modified-Since", "Last-Event-ID", "Range", "X-Request-Id",
    ];

    /// <summary>Response headers that such pages may read beside those every page may.</summary>
    /// <value>Default those this library sends.</value>
    public IList<string> ExposedHeaders { get; } =
    [
        "X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "ETag", "Location", "Idempotency-Replayed", "Allow", "Content-Disposition", "Content-Range",
        "Deprecation", "Sunset", "Link",
    ];

    /// <summary>How long a browser may keep the answer to a preflight.</summary>
    /// <value>0 s–24 h; browsers cut it (Chromium at 2 h). Default 10 minutes.</value>
    public TimeSpan PreflightMaxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (PreflightMaxAge < TimeSpan.Zero || PreflightMaxAge > TimeSpan.FromHours(24))
        {
            yield return new ValidationResult("PreflightMaxAge must be 0 seconds to 24 hours.", [nameof(PreflightMaxAge)]);
        }

        foreach (var name in Methods.Concat(RequestHeaders).Concat(ExposedHeaders))
        {
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(Token.Characters))
            {
                yield return new ValidationResult($"'{name}' is no name of a method or header; a wildcard is not taken either.", [nameof(ExposedHeaders)]);
            }
        }
    }
}
