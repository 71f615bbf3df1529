namespace Causeway.Http;

/// <summary>What one upload may be.</summary>
public sealed record UploadLimits
{
    /// <summary>The largest file; a larger one is refused with 413 as soon as that is known.</summary>
    /// <value>Bytes.</value>
    public required long MaxBytes { get; init; }

    /// <summary>The media types that are taken: <c>image/png</c>, <c>image/*</c> or <c>*/*</c>. Types that a browser would run (pages, SVG, scripts) are taken only where they are named in full.</summary>
    public required IReadOnlyList<string> AllowedTypes { get; init; }

    /// <summary>How long an upload may last; then 408.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the client may send nothing; then 408.</summary>
    /// <value>Default 30 s.</value>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes per second that must come on average, from ten seconds of waiting on; fewer: 408. Only the time counts in which the client is waited for.</summary>
    /// <value>Default 1,024.</value>
    public int MinBytesPerSecond { get; init; } = 1_024;

    /// <summary>Whether a media type is taken.</summary>
    /// <param name="type">Without parameters, in lower case.</param>
    public bool Allows(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        foreach (var allowed in AllowedTypes)
        {
            if (string.Equals(FileTypes.Normalize(allowed), type, StringComparison.Ordinal)
                || !FileTypes.IsActive(type)
                    && (allowed == "*/*" || allowed.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(allowed[..^1], StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
