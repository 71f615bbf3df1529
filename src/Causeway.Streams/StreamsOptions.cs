using System.ComponentModel.DataAnnotations;

namespace Causeway.Streams;

/// <summary>The files that are served as event streams.</summary>
public sealed class StreamsOptions : IValidatableObject
{
    private const int MaxNameLength = 128;

    /// <summary>The sources by name: <c>/api/v1/streams/NAME/events</c>.</summary>
    /// <value>Names of 1–128 of <c>A-Z a-z 0-9 _ . -</c>, compared without case. Default none.</value>
    public IDictionary<string, StreamSourceOptions> Sources { get; } = new Dictionary<string, StreamSourceOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Open streams at once, of all sources together; more are refused with 429.</summary>
    /// <value>1–1,000,000. Default 10,000.</value>
    [Range(1, 1_000_000)]
    public int MaxReaders { get; set; } = 10_000;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var name in Sources.Keys)
        {
            if (name.Length is 0 or > MaxNameLength || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            {
                yield return new ValidationResult($"a stream's name is 1 to {MaxNameLength} of A-Z a-z 0-9 _ . -", [$"{nameof(Sources)}:{name}"]);
            }
        }
    }
}

/// <summary>One growing JSONL file.</summary>
public sealed class StreamSourceOptions
{
    /// <summary>The file.</summary>
    /// <value>A path, relative to the working directory.</value>
    [Required]
    public string? Path { get; set; }

    /// <summary>How long a reader waits for a file that is not there yet.</summary>
    /// <value>Seconds, 0–86,400. Default 60.</value>
    [Range(0, 86_400)]
    public double WaitSeconds { get; set; } = 60;

    /// <summary>Where a reader begins who brings no id, or one that can't be used.</summary>
    /// <value><c>start</c> or <c>end</c> of the file; <c>?from=</c> in the address goes before. Default <c>start</c>.</value>
    public StreamStart From { get; set; } = StreamStart.Start;

    /// <summary>The longest line that is sent; a longer one becomes an event <c>skipped</c>.</summary>
    /// <value>Bytes, 1,024–16,777,216. Default 1 MiB.</value>
    [Range(1_024, 16_777_216)]
    public int MaxLineBytes { get; set; } = 1_048_576;

    /// <summary>The line after which the source is complete and its streams end; null: it never is.</summary>
    public EndWhenOptions? EndWhen { get; set; }
}

/// <summary>A field whose value makes a line the last one.</summary>
public sealed class EndWhenOptions
{
    /// <summary>The field's name at the top of the line's object.</summary>
    [Required]
    public string? Field { get; set; }

    /// <summary>Its value as text; numbers, <c>true</c>, <c>false</c> and <c>null</c> as they stand in the line.</summary>
    [Required]
    public new string? Equals { get; set; }
}

/// <summary>Where a stream begins for a new reader.</summary>
public enum StreamStart
{
    /// <summary>With the file's first line.</summary>
    Start = 1,

    /// <summary>With the next line that is written.</summary>
    End,
}
