using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>Collects what the chosen meters measure and shows it in Prometheus' text format.</summary>
/// <remarks>Of meters made by a factory only those of this application's factory count, so that two applications in one process stay apart.</remarks>
public sealed class PrometheusExporter : IDisposable
{
    /// <summary>Seconds; OpenTelemetry's for durations of requests, with finer ones at the start.</summary>
    private static readonly double[] DefaultBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>For what is not measured in seconds.</summary>
    private static readonly double[] DefaultCountBounds =
        [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000, 10_000_000];

    private readonly Lock _families = new();
    private readonly Lock _collecting = new();
    private readonly SortedDictionary<string, MetricFamily> _byName = new(StringComparer.Ordinal);
    private readonly HashSet<MetricFamily> _observed = [];
    private readonly MeterListener _listener = new();
    private readonly PrometheusOptions _options;
    private readonly IMeterFactory _factory;
    private readonly ILogger _logger;

    /// <summary>Made by <c>AddPrometheus</c>; listens from here on.</summary>
    /// <param name="options">Which meters.</param>
    /// <param name="factory">The application's own factory of meters.</param>
    /// <param name="logger">Takes what could not be read.</param>
    public PrometheusExporter(IOptions<PrometheusOptions> options, IMeterFactory factory, ILogger<PrometheusExporter> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _factory = factory;
        _logger = logger;
        _listener.InstrumentPublished = Publish;
        _listener.MeasurementsCompleted = Complete;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Whole(value, tags, state));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Whole(value, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Whole(value, tags, state));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Whole(value, tags, state));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Real(value, tags, state));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Real(value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Real((double)value, tags, state));
        _listener.Start();
    }

    /// <summary>All metrics as they are now.</summary>
    /// <returns>Lines of text, by name.</returns>
    public string Collect()
    {
        lock (_collecting)
        {
            MetricFamily[] all;
            lock (_families)
            {
                foreach (var family in _observed)
                {
                    family.ForgetValues();
                }
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException exception)
            {
                _logger.MetricNotRead(exception);
            }

            lock (_families)
            {
                all = [.. _byName.Values];
            }

            var text = new StringBuilder(16_384);
            foreach (var family in all)
            {
                PrometheusText.Write(text, family);
            }

            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Whole(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var feed = (Feed)state!;
        var series = feed.Family.Find(tags);
        switch (feed.Way)
        {
            case FeedWay.Add:
                series.Add(value);
                break;
            case FeedWay.Set:
                series.Set(value);
                break;
            default:
                series.Record(value);
                break;
        }
    }

    private static void Real(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var feed = (Feed)state!;
        var series = feed.Family.Find(tags);
        switch (feed.Way)
        {
            case FeedWay.Add:
                series.Add(value);
                break;
            case FeedWay.Set:
                series.Set(value);
                break;
            default:
                series.Record(value);
                break;
        }
    }

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!_options.Includes(instrument.Meter.Name) || (instrument.Meter.Scope is IMeterFactory scope && !ReferenceEquals(scope, _factory)))
        {
            return;
        }

        var (kind, way) = KindOf(instrument);
        var name = PrometheusName.OfMetric(instrument.Name, instrument.Unit, kind == MetricKind.Counter, kind == MetricKind.Gauge);
        MetricFamily? family;
        lock (_families)
        {
            if (!_byName.TryGetValue(name, out family))
            {
                var bounds = kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
                family = new MetricFamily(name, kind, instrument.Description, bounds, _options.MaxSeriesPerMetric);
                _byName.Add(name, family);
            }

            if (family.Kind != kind)
            {
                _logger.MetricLeftOut(name, instrument.Name, instrument.Meter.Name);
                return;
            }

            family.Instruments++;
            if (instrument.IsObservable)
            {
                _observed.Add(family);
            }
        }

        listener.EnableMeasurementEvents(instrument, new Feed(family, way));
    }

    private void Complete(Instrument instrument, object? state)
    {
        if (state is not Feed { Family: var family })
        {
            return;
        }

        lock (_families)
        {
            if (--family.Instruments == 0)
            {
                _byName.Remove(family.Name);
                _observed.Remove(family);
            }
        }
    }

    private static (MetricKind Kind, FeedWay Way) KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return definition switch
        {
            _ when definition == typeof(Counter<>) => (MetricKind.Counter, FeedWay.Add),
            _ when definition == typeof(ObservableCounter<>) => (MetricKind.Counter, FeedWay.Set),
            _ when definition == typeof(UpDownCounter<>) => (MetricKind.Gauge, FeedWay.Add),
            _ when definition == typeof(Histogram<>) => (MetricKind.Histogram, FeedWay.Record),
            _ => (MetricKind.Gauge, FeedWay.Set),
        };
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries?.ToArray(),
            Histogram<float> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<long> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<int> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<short> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<byte> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            Histogram<decimal> histogram => Convert(histogram.Advice?.HistogramBucketBoundaries),
            _ => null,
        };
        return advised is { Length: > 0 } ? advised : instrument.Unit is null or "" or "s" ? DefaultBounds : DefaultCountBounds;

        static double[]? Convert<T>(IReadOnlyList<T>? bounds)
            where T : struct, System.Numerics.INumberBase<T> => bounds?.Select(double.CreateChecked).ToArray();
    }

    private enum FeedWay
    {
        Add = 1,
        Set,
        Record,
    }

    private sealed record Feed(MetricFamily Family, FeedWay Way);
}
