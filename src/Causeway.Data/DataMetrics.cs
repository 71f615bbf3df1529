using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Causeway.Data;

/// <summary>What a database counts, on the meter <c>Causeway.Data</c>.</summary>
internal sealed class DataMetrics
{
    public const string MeterName = "Causeway.Data";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    };

    private readonly Histogram<double> _reads;
    private readonly Histogram<double> _writes;
    private readonly Counter<long> _failures;
    private long _commits;
    private long _committed;

    public DataMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _reads = meter.CreateHistogram("causeway.db.read.duration", "s", "How long reads took, with the wait for a connection.", advice: Seconds);
        _writes = meter.CreateHistogram("causeway.db.write.duration", "s", "How long writes took, from being queued to being committed.", advice: Seconds);
        _failures = meter.CreateCounter<long>("causeway.db.failures", description: "Reads and writes that failed, by kind.");
        meter.CreateObservableCounter("causeway.db.commits", () => Interlocked.Read(ref _commits), description: "Transactions committed.");
        meter.CreateObservableCounter("causeway.db.writes", () => Interlocked.Read(ref _committed), description: "Writes committed; on SQLite several share a commit.");
        meter.CreateObservableGauge("causeway.db.queued_writes", () => Queued(), description: "Writes that wait for SQLite's writer.");
        meter.CreateObservableGauge("causeway.db.wal", () => WalBytes(), "By", "Size of SQLite's write-ahead log.");
        meter.CreateObservableGauge("causeway.db.connections", () => Connections(), description: "Connections that are in use.");
    }

    public Func<int> Queued { get; set; } = static () => 0;

    public Func<long> WalBytes { get; set; } = static () => 0;

    public Func<int> Connections { get; set; } = static () => 0;

    public static long Begin() => Stopwatch.GetTimestamp();

    public void CountRead(long begun) => _reads.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);

    public void CountWrite(long begun) => _writes.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);

    public void CountCommit(int writes)
    {
        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _committed, writes);
    }

    /// <summary>Counts what the database refused or could not do; what a caller threw by itself is none of its failures.</summary>
    public void CountFailure(Exception exception)
    {
        var kind = exception switch
        {
            UniqueViolationException => "unique",
            ForeignKeyViolationException => "foreign_key",
            DatabaseUnavailableException => "unavailable",
            OperationCanceledException => "cancelled",
            DbException => "other",
            _ => null,
        };
        if (kind is not null)
        {
            _failures.Add(1, new KeyValuePair<string, object?>("kind", kind));
        }
    }
}
