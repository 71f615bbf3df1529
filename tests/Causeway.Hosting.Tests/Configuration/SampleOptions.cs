using System.ComponentModel.DataAnnotations;

namespace Causeway.Hosting.Tests.Configuration;

public enum SampleMode
{
    Local,
    ReadOnly,
}

public sealed class SampleOptions : IValidatableObject
{
    public IList<string> Urls { get; } = new List<string> { "http://127.0.0.1:8080" };

    public string Directory { get; set; } = "data";

    public string? PublicUrl { get; set; }

    [Range(0, 3_600)]
    public int DrainSeconds { get; set; } = 30;

    public bool Docs { get; set; } = true;

    public SampleMode Mode { get; set; }

    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    public int[] Ports { get; set; } = [1, 2, 3];

    [Secret]
    public string? Key { get; set; }

    [Secret]
    public int Pin { get; set; } = 1;

    public IDictionary<string, SampleRules> Rooms { get; } = new Dictionary<string, SampleRules>(StringComparer.OrdinalIgnoreCase);

    public IList<SampleRules> Rules { get; } = [];

    public SampleRules Nested { get; } = new();

    public bool IsComputed => DrainSeconds > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Directory.Length == 0)
        {
            yield return new("it must not be empty", [nameof(Directory)]);
        }
    }
}

public sealed class SampleRules
{
    [Range(0, 100)]
    public int? History { get; set; }

    public string Name { get; set; } = "";
}
