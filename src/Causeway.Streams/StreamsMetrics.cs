using System.Diagnostics.Metrics;

namespace Causeway.Streams;

/// <summary>What streams count, on the meter <c>Causeway.Streams</c>.</summary>
internal sealed class StreamsMetrics
{
    public const string MeterName = "Causeway.Streams";

    private readonly Counter<long> _linesSent;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _resets;
    private long _linesRead;
    private int _readers;
    private int _tails;

    public StreamsMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("causeway.streams.lines.read", () => LinesRead, description: "Lines read live from followed files, once for all readers.");
        _linesSent = meter.CreateCounter<long>("causeway.streams.lines.sent", description: "Lines handed to readers of streams, each reader counting.");
        _bytesSent = meter.CreateCounter<long>("causeway.streams.sent", "By", "Bytes handed to readers of streams.");
        _resets = meter.CreateCounter<long>("causeway.streams.resets", description: "Readers that came with an id that can't be used.");
        meter.CreateObservableGauge("causeway.streams.readers", () => Readers, description: "Open readers of streams.");
        meter.CreateObservableGauge("causeway.streams.tails", () => Tails, description: "Files that are followed now.");
    }

    public int Readers => Volatile.Read(ref _readers);

    public int Tails => Volatile.Read(ref _tails);

    public long LinesRead => Interlocked.Read(ref _linesRead);

    public void AddReader(int by) => Interlocked.Add(ref _readers, by);

    public void AddTail(int by) => Interlocked.Add(ref _tails, by);

    public void CountRead(long lines) => Interlocked.Add(ref _linesRead, lines);

    public void CountReset() => _resets.Add(1);

    public void CountSent(long lines, long bytes)
    {
        _linesSent.Add(lines);
        _bytesSent.Add(bytes);
    }
}
