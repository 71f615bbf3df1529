using System.ComponentModel.DataAnnotations;

namespace Causeway.Streams;

/// <summary>The files that are served as event streams.</summary>
public sealed class StreamsOptions
{
    /// <summary>The sources by name: <c>/api/v1/streams/NAME/events</c>.</summary>
    public IDictionary<string, StreamSourceOptions> Sources { get; } = new Dictionary<string, StreamSourceOptions>(StringComparer.OrdinalIgnoreCase);
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

    /// <summary>The line after which the source is complete and its streams end; null: it never is.</summary>
    public EndWhenOptions? EndWhen { get; set; }
}

/// <summary>A field whose value makes a line the last one.</summary>
public sealed class EndWhenOptions
{
    /// <summary>The field's name at the top of the line's object.</summary>
    [Required]
    public string? Field { get; set; }

    /// <summary>Its value as text.</summary>
    [Required]
    public new string? Equals { get; set; }
}
