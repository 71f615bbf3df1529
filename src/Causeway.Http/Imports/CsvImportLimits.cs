namespace Causeway.Http;

/// <summary>How much one import may be.</summary>
public sealed record CsvImportLimits
{
    /// <summary>The largest file.</summary>
    /// <value>Bytes. Default 64 MiB.</value>
    public long MaxBytes { get; init; } = 67_108_864;

    /// <summary>The most rows, without the header.</summary>
    /// <value>Default 100,000.</value>
    public int MaxRows { get; init; } = 100_000;

    /// <summary>The most errors that are told one by one; those beyond are counted.</summary>
    /// <value>Default 100.</value>
    public int MaxErrors { get; init; } = 100;

    /// <summary>The longest row, which is as much of the file as is ever in memory besides a batch.</summary>
    /// <value>Bytes. Default 256 KiB.</value>
    public int MaxRowBytes { get; init; } = 262_144;

    /// <summary>How long the client may take to send the file.</summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromMinutes(10);
}
