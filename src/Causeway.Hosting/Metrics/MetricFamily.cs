using System.Globalization;
using System.Runtime.InteropServices;

namespace Causeway.Hosting;

internal enum MetricKind
{
    Counter = 1,
    Gauge,
    Histogram,
}

/// <summary>Everything that is shown under one name: a series per set of labels.</summary>
internal sealed class MetricFamily
{
    /// <summary>A power of two; chains grow beyond it, but a metric with that many series is a mistake anyway.</summary>
    private const int Buckets = 256;

    private readonly Lock _gate = new();
    private readonly MetricSeries?[] _table = new MetricSeries?[Buckets];
    private readonly List<MetricSeries> _all = [];
    private readonly int _maxSeries;
    private readonly double[] _bounds;
    private readonly MetricSeries _plain;
    private MetricSeries? _overflow;

    public MetricFamily(string name, MetricKind kind, string? help, double[] bounds, int maxSeries)
    {
        Name = name;
        Kind = kind;
        Help = help;
        _bounds = bounds;
        _maxSeries = maxSeries;
        _plain = new MetricSeries([], "", bounds);
    }

    public string Name { get; }

    public MetricKind Kind { get; }

    public string? Help { get; }

    /// <summary>Instruments that feed it and are still alive.</summary>
    public int Instruments { get; set; }

    /// <summary>Series in a stable order: by their labels.</summary>
    public IReadOnlyList<MetricSeries> Snapshot()
    {
        List<MetricSeries> all;
        lock (_gate)
        {
            all = [.. _all];
        }

        if (_plain.IsUsed)
        {
            all.Add(_plain);
        }

        all.RemoveAll(static series => !series.IsUsed);
        all.Sort(static (left, right) => string.CompareOrdinal(left.Labels, right.Labels));
        return all;
    }

    /// <summary>Forgets what observed instruments said, before they are asked again: what is gone must not be shown for ever.</summary>
    public void ForgetValues()
    {
        _plain.Forget();
        lock (_gate)
        {
            foreach (var series in _all)
            {
                series.Forget();
            }
        }
    }

    /// <summary>The series of a set of tags. No lock and no allocation once the set is known.</summary>
    public MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return _plain;
        }

        var hash = 0;
        foreach (var tag in tags)
        {
            // By addition, so that the order of tags does not matter.
            hash += HashCode.Combine(tag.Key, tag.Value);
        }

        for (var series = Volatile.Read(ref _table[hash & (Buckets - 1)]); series is not null; series = series.Next)
        {
            if (series.Hash == hash && series.Has(tags))
            {
                return series;
            }
        }

        return Add(tags, hash);
    }

    private MetricSeries Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        lock (_gate)
        {
            ref var head = ref _table[hash & (Buckets - 1)];
            for (var series = head; series is not null; series = series.Next)
            {
                if (series.Hash == hash && series.Has(tags))
                {
                    return series;
                }
            }

            if (_all.Count >= _maxSeries)
            {
                if (_overflow is null)
                {
                    _overflow = new MetricSeries([], "otel_metric_overflow=\"true\"", _bounds);
                    _all.Add(_overflow);
                }

                return _overflow;
            }

            var added = new MetricSeries(tags.ToArray(), PrometheusText.Labels(tags), _bounds) { Hash = hash, Next = head };
            _all.Add(added);
            Volatile.Write(ref head, added);
            return added;
        }
    }
}
