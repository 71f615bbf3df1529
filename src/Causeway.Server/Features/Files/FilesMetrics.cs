using System.Diagnostics.Metrics;

namespace Causeway.Server;

/// <summary>What is counted of files, on the meter <c>Causeway.Files</c>.</summary>
internal sealed class FilesMetrics
{
    private readonly Counter<long> _uploads;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _downloads;

    public FilesMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Causeway.Files");
        _uploads = meter.CreateCounter<long>("causeway.files.uploads", description: "Uploads, by what became of them.");
        _bytes = meter.CreateCounter<long>("causeway.files.uploaded", "By", "Bytes of files that were taken.");
        _downloads = meter.CreateCounter<long>("causeway.files.downloads", description: "Downloads that were begun, parts and whole files alike.");
    }

    public void CountUpload(long bytes)
    {
        _uploads.Add(1, new KeyValuePair<string, object?>("outcome", "stored"));
        _bytes.Add(bytes);
    }

    /// <param name="outcome"><c>refused</c>, <c>aborted</c> or <c>failed</c>.</param>
    public void CountLost(string outcome) => _uploads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void CountDownload() => _downloads.Add(1);
}
