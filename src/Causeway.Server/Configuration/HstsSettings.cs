using System.ComponentModel.DataAnnotations;

namespace Causeway.Server;

/// <summary>What browsers that came over HTTPS are told to keep: that this host is used over HTTPS only (RFC 6797).</summary>
internal sealed class HstsSettings : IValidatableObject
{
    private const int DaysForPreload = 365;

    /// <summary>Whether they are told.</summary>
    /// <value>Default null: outside of development.</value>
    public bool? Enabled { get; set; }

    /// <summary>For how long; 0 tells them to forget it.</summary>
    /// <value>Days, 0–3,650. Default 30.</value>
    [Range(0, 3_650)]
    public int Days { get; set; } = 30;

    /// <summary>Whether every name below the host is meant as well.</summary>
    /// <value>Default false.</value>
    public bool IncludeSubDomains { get; set; }

    /// <summary>Whether browsers' makers may build it in, which is hard to take back. Needs <see cref="IncludeSubDomains"/> and 365 days.</summary>
    /// <value>Default false.</value>
    public bool Preload { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Preload && (!IncludeSubDomains || Days < DaysForPreload))
        {
            yield return new ValidationResult("it needs IncludeSubDomains and Days of 365 at least, as the lists demand", [nameof(Preload)]);
        }
    }
}
