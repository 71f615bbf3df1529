using System.ComponentModel.DataAnnotations;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Files that are uploaded: where they are kept, and what is taken.</summary>
internal sealed class FilesOptions : IValidatableObject
{
    /// <summary>What a form is larger than its file.</summary>
    private const long FormBytes = 1_048_576;

    private static readonly string[] DefaultTypes =
    [
        "image/*", "audio/*", "video/*", "text/*", "application/pdf", "application/json", "application/x-ndjson", "application/zip", "application/gzip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
    ];

    /// <summary>Where the files are kept; made (0700) when it isn't there. Nodes that share a database share it.</summary>
    /// <value>A path, relative to the working directory. Default null: <c>files</c> in the data directory.</value>
    public string? Directory { get; set; }

    /// <summary>The largest file.</summary>
    /// <value>Bytes, 1–1 TiB. Default 100 MiB.</value>
    [Range(1L, 1_099_511_627_776L)]
    public long MaxBytes { get; set; } = 104_857_600;

    /// <summary>What all files of one user may come to, those under way with them. Admins without an account have no quota.</summary>
    /// <value>Bytes, 0–1 PiB. Default 1 GiB.</value>
    [Range(0L, 1_125_899_906_842_624L)]
    public long QuotaBytesPerUser { get; set; } = 1_073_741_824;

    /// <summary>The media types that are taken: <c>image/png</c>, <c>image/*</c> or <c>*/*</c>. Those that a browser would run (pages, SVG, scripts) only where they are named in full.</summary>
    /// <value>Default none named: images, sounds, films, texts, PDF, JSON, ZIP, gzip and office documents.</value>
    public IList<string> AllowedTypes { get; } = [];

    /// <summary>How long one upload may last.</summary>
    /// <value>Seconds, 1–86,400. Default 3,600.</value>
    [Range(1, 86_400)]
    public int MaxUploadSeconds { get; set; } = 3_600;

    /// <summary>How long an upload may send nothing.</summary>
    /// <value>Seconds, 1–3,600. Default 30.</value>
    [Range(1, 3_600)]
    public int MaxSilenceSeconds { get; set; } = 30;

    /// <summary>What an upload must come with on average, from ten seconds of waiting for it on.</summary>
    /// <value>Bytes per second, 0–1 GiB. Default 1,024.</value>
    [Range(0, 1_073_741_824)]
    public int MinBytesPerSecond { get; set; } = 1_024;

    /// <summary>The largest body of an upload.</summary>
    internal long MaxBodyBytes => MaxBytes + FormBytes;

    /// <summary>How long room that is set aside for an upload stays so when nobody frees it.</summary>
    internal TimeSpan ReservationTime => TimeSpan.FromSeconds(MaxUploadSeconds + 300);

    /// <summary>The same for the library that takes them.</summary>
    internal UploadLimits ToLimits() => new()
    {
        MaxBytes = MaxBytes,
        AllowedTypes = AllowedTypes.Count > 0 ? [.. AllowedTypes] : DefaultTypes,
        MaxTime = TimeSpan.FromSeconds(MaxUploadSeconds),
        MaxSilence = TimeSpan.FromSeconds(MaxSilenceSeconds),
        MinBytesPerSecond = MinBytesPerSecond,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Directory is { Length: 0 })
        {
            yield return new ValidationResult("it names no directory", [nameof(Directory)]);
        }

        foreach (var type in AllowedTypes)
        {
            if (type.Split('/') is not [{ Length: > 0 } main, { Length: > 0 } sub] || type.Any(char.IsWhiteSpace) || type.Contains(';', StringComparison.Ordinal)
                || main == "*" && sub != "*")
            {
                yield return new ValidationResult($"'{type}' is no media type such as image/png, image/* or */*", [nameof(AllowedTypes)]);
            }
        }
    }
}
