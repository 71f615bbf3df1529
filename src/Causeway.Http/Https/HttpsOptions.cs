using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>How plain requests are sent to HTTPS, and what browsers are told to keep.</summary>
public sealed class HttpsOptions : IValidatableObject
{
    /// <summary>Where a request that came over plain HTTP should go instead.</summary>
    /// <value>Gives host and port, as in <c>live.example.com</c> or <c>live.example.com:8443</c>; null where it is answered as it is. Default: always null.</value>
    public Func<HttpContext, string?> RedirectTo { get; set; } = static _ => null;

    /// <summary>How long a browser uses this host over HTTPS only (RFC 6797); zero tells it to forget that.</summary>
    /// <value>0 to 10 years. Null, the default, says nothing of it.</value>
    public TimeSpan? StrictFor { get; set; }

    /// <summary>Whether that holds for every name below the host as well.</summary>
    /// <value>Default false.</value>
    public bool IncludeSubDomains { get; set; }

    /// <summary>Whether browsers' makers may build the host into their lists, which is hard to take back.</summary>
    /// <value>Default false; needs <see cref="IncludeSubDomains"/> and a year.</value>
    public bool Preload { get; set; }

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (RedirectTo is null)
        {
            yield return new ValidationResult("RedirectTo must be set.", [nameof(RedirectTo)]);
        }

        if (StrictFor < TimeSpan.Zero || StrictFor > TimeSpan.FromDays(3_653))
        {
            yield return new ValidationResult("StrictFor must be 0 to 10 years.", [nameof(StrictFor)]);
        }

        if (Preload && (!IncludeSubDomains || StrictFor is null || StrictFor < TimeSpan.FromDays(365)))
        {
            yield return new ValidationResult("Preload needs IncludeSubDomains and StrictFor of a year at least, as the lists demand.", [nameof(Preload)]);
        }
    }
}
