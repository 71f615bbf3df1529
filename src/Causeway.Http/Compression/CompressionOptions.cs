using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>Which answers are compressed on their way.</summary>
public sealed class CompressionOptions : IValidatableObject
{
    /// <summary>The smallest answer that is compressed; a smaller one fits a packet or two as it is.</summary>
    /// <value>Bytes, 256–1,048,576. Default 1,024.</value>
    public int ThresholdBytes { get; set; } = 1_024;

    /// <summary>Media types whose answers are, without parameters. Never <c>text/event-stream</c>, which must not be held back.</summary>
    /// <value>Default JSON, NDJSON, CSV, text and HTML.</value>
    public IList<string> MediaTypes { get; } =
    [
        "application/json", "application/problem+json", "application/openapi+json", "application/schema+json", "application/x-ndjson", "application/ndjson",
        "text/csv", "text/html", "text/plain",
    ];

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (ThresholdBytes is < 256 or > 1_048_576)
        {
            yield return new ValidationResult("ThresholdBytes must be 256 to 1,048,576.", [nameof(ThresholdBytes)]);
        }

        if (MediaTypes.Contains("text/event-stream", StringComparer.OrdinalIgnoreCase))
        {
            yield return new ValidationResult("text/event-stream can't be compressed here: its events would wait for each other.", [nameof(MediaTypes)]);
        }
    }
}
