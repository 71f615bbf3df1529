using System.ComponentModel.DataAnnotations;

namespace Causeway.Relay;

/// <summary>An active probe of every address of a backend.</summary>
public sealed class HealthOptions
{
    /// <summary>The path that is asked; any status under 400 is healthy.</summary>
    /// <value>Default <c>/health</c>.</value>
    [Required]
    [RegularExpression("^/.*$", ErrorMessage = "it must begin with /")]
    public string Path { get; set; } = "/health";

    /// <summary>Time between two probes.</summary>
    /// <value>Seconds, 0.1–3,600. Default 10.</value>
    [Range(0.1, 3_600)]
    public double Seconds { get; set; } = 10;
}
