using System.Diagnostics.Metrics;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Hosting.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly LogProbe _logs = new();
    private readonly ServiceProvider _services;
    private readonly PrometheusExporter _exporter;
    private readonly Meter _meter;

    public PrometheusExporterTests()
    {
        _services = Build(_logs);
        _exporter = _services.GetRequiredService<PrometheusExporter>();
        _meter = _services.GetRequiredService<IMeterFactory>().Create("Causeway.Realtime");
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Collect_LiveInstruments_HaveTheNamesOfTheProtocol()
    {
        var websocket = KeyValuePair.Create<string, object?>("transport", "websocket");
        _meter.CreateUpDownCounter<long>("causeway.connections", "{connection}").Add(3, websocket);
        _meter.CreateObservableGauge("causeway.rooms", static () => 2, "{room}");
        _meter.CreateCounter<long>("causeway.messages.published", "{message}").Add(5);
        _meter.CreateCounter<long>("causeway.deliveries", "{message}").Add(50, websocket);
        _meter.CreateCounter<long>("causeway.slow_closes").Add(1);
        _meter.CreateCounter<long>("causeway.dropped", "{message}").Add(4, KeyValuePair.Create<string, object?>("policy", "drop_oldest"));
        _meter.CreateObservableGauge("causeway.backlog", static () => 1_048_576L, "By");
        _meter.CreateHistogram<double>("causeway.publish_to_send", "s").Record(0.002);
        _meter.CreateCounter<long>("causeway.refused").Add(1, KeyValuePair.Create<string, object?>("code", "FORBIDDEN"));

        var lines = _exporter.Collect().Split('\n').Where(static line => !line.StartsWith('#') && !line.Contains("_bucket", StringComparison.Ordinal) && line.Length > 0);

        Assert.Equal(
            [
                "causeway_backlog_bytes 1048576",
                "causeway_connections{transport=\"websocket\"} 3",
                "causeway_deliveries_total{transport=\"websocket\"} 50",
                "causeway_dropped_total{policy=\"drop_oldest\"} 4",
                "causeway_messages_published_total 5",
                "causeway_publish_to_send_seconds_sum 0.002",
                "causeway_publish_to_send_seconds_count 1",
                "causeway_refused_total{code=\"FORBIDDEN\"} 1",
                "causeway_rooms 2",
                "causeway_slow_closes_total 1",
            ],
            lines);
    }

    [Fact]
    public void Collect_Counter_AddsUpPerLabelsWhateverTheirOrder()
    {
        var counter = _meter.CreateCounter<int>("requests");
        counter.Add(1, new("b", 2), new("a", "x"));
        counter.Add(2, new("a", "x"), new("b", 2));
        counter.Add(4, new("a", "x"), new("b", 3));

        var family = Collect()["requests_total"];

        Assert.Equal("counter", family.Type);
        Assert.Equal([("2", 3.0), ("3", 4.0)], family.Samples.Select(static sample => (sample.Labels["b"], sample.Value)));
    }

    [Fact]
    public void Collect_Histogram_CountsEachValueInItsBucket()
    {
        var histogram = _meter.CreateHistogram<double>("latency", "s", "How long\nit takes \\ takes", advice: new() { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 2, 100, double.NaN })
        {
            histogram.Record(value);
        }

        var family = Collect()["latency_seconds"];

        Assert.Equal("How long\\nit takes \\\\ takes", family.Help);
        Assert.Equal(
            [("0.1", 2.0), ("1", 3.0), ("10", 4.0), ("+Inf", 5.0)],
            family.Samples.Where(static sample => sample.Labels.Count > 0).Select(static sample => (sample.Labels["le"], sample.Value)));
        Assert.Equal(102.65, family.Samples.Single(static sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)).Value, 9);
    }

    [Fact]
    public void Collect_HistogramOfWholeNumbers_TakesTheirBuckets()
    {
        _meter.CreateHistogram<long>("size", "By", advice: new() { HistogramBucketBoundaries = [10, 20] }).Record(15, new KeyValuePair<string, object?>("kind", "x"));

        var family = Collect()["size_bytes"];

        Assert.Equal(["10", "20", "+Inf"], family.Samples.Where(static s => s.Labels.ContainsKey("le")).Select(static s => s.Labels["le"]));
    }

    [Fact]
    public void Collect_ObservedSeries_GoesWhenItIsNoLongerReported()
    {
        var rooms = new List<Measurement<int>> { new(1, new KeyValuePair<string, object?>("n", "a")), new(2, new KeyValuePair<string, object?>("n", "b")) };
        _meter.CreateObservableUpDownCounter("members", () => rooms);
        Assert.Equal(2, Collect()["members"].Samples.Count);

        rooms.RemoveAt(0);

        Assert.Equal(2, Assert.Single(Collect()["members"].Samples).Value);
    }

    [Fact]
    public void Collect_ObservedCounter_ShowsTheValueNotItsSum()
    {
        _meter.CreateObservableCounter("ticks", static () => 7);
        Collect();

        Assert.Equal(7, Assert.Single(Collect()["ticks_total"].Samples).Value);
    }

    [Fact]
    public void Collect_ObserverThrows_TheRestIsStillShown()
    {
        _meter.CreateObservableGauge("broken", static int () => throw new InvalidOperationException("no"));
        _meter.CreateObservableGauge("fine", static () => 1);

        Assert.Contains("fine", Collect().Keys);
        Assert.Single(_logs.Named("MetricNotRead"));
    }

    [Fact]
    public void Collect_TooManySeries_PutsTheRestTogether()
    {
        using var services = Build(_logs, maxSeries: 3);
        var exporter = services.GetRequiredService<PrometheusExporter>();
        var counter = services.GetRequiredService<IMeterFactory>().Create("Causeway.Realtime").CreateCounter<int>("c");
        for (var i = 0; i < 10; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var samples = StrictPrometheusParser.Parse(exporter.Collect())["c_total"].Samples;

        Assert.Equal(4, samples.Count);
        Assert.Equal(7, samples.Single(static sample => sample.Labels.ContainsKey("otel_metric_overflow")).Value);
    }

    [Fact]
    public void Collect_SameNameOfAnotherKind_IsLeftOutAndLogged()
    {
        _meter.CreateUpDownCounter<int>("thing").Add(1);
        _meter.CreateHistogram<int>("thing").Record(1);

        Assert.Equal("gauge", Collect()["thing"].Type);
        Assert.Single(_logs.Named("MetricLeftOut"));
    }

    [Fact]
    public void Collect_OtherApplicationInTheProcess_IsNotMixedIn()
    {
        using var other = Build(_logs);
        other.GetRequiredService<IMeterFactory>().Create("Causeway.Realtime").CreateCounter<int>("theirs").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Other.Meter").CreateCounter<int>("not_chosen").Add(1);
        _meter.CreateCounter<int>("ours").Add(1);

        var families = Collect();

        Assert.Contains("ours_total", families.Keys);
        Assert.DoesNotContain("theirs_total", families.Keys);
        Assert.DoesNotContain("not_chosen_total", families.Keys);
    }

    [Fact]
    public async Task Record_ManyThreads_LosesNothing()
    {
        var counter = _meter.CreateCounter<long>("n");
        var histogram = _meter.CreateHistogram<double>("h", "s");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("thread", thread % 3));
                histogram.Record(0.25);
            }
        }))).Within();

        var families = Collect();

        Assert.Equal(80_000, families["n_total"].Samples.Sum(static sample => sample.Value));
        Assert.Equal((80_000, 20_000.0), (
            families["h_seconds"].Samples.Single(static s => s.Name == "h_seconds_count").Value,
            families["h_seconds"].Samples.Single(static s => s.Name == "h_seconds_sum").Value));
    }

    [Fact]
    public void Record_KnownSeries_AllocatesNothing()
    {
        var counter = _meter.CreateCounter<long>("n");
        var histogram = _meter.CreateHistogram<double>("h", "s");
        var tag = KeyValuePair.Create<string, object?>("transport", "websocket");
        Measure(10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Measure(1_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Measure(int times)
        {
            for (var i = 0; i < times; i++)
            {
                counter.Add(1, tag);
                histogram.Record(0.001);
            }
        }
    }

    [Fact]
    public async Task MapPrometheus_Get_ServesTheRuntimesMetricsToo()
    {
        await using var server = await TestServer.StartAsync(
            static app => app.MapPrometheus(),
            static builder => builder.Services.AddPrometheus());
        GC.Collect();

        using var response = await server.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var families = StrictPrometheusParser.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(families["dotnet_gc_collections_total"].Samples, static sample => sample.Labels["gc_heap_generation"] == "gen2" && sample.Value >= 1);
        Assert.True(families["dotnet_process_memory_working_set_bytes"].Samples[0].Value > 1_000_000);
        Assert.Contains("dotnet_timer_count", families.Keys);
        Assert.Contains("dotnet_process_cpu_time_seconds_total", families.Keys);
    }

    private static ServiceProvider Build(LogProbe logs, int maxSeries = 2_000)
    {
        var services = new ServiceCollection();
        services.AddSingleton(logs.CreateFactory()).AddLogging();
        services.AddPrometheus(options =>
        {
            options.Meters.Clear();
            options.Meters.Add("Causeway.*");
            options.MaxSeriesPerMetric = maxSeries;
        });
        return services.BuildServiceProvider();
    }

    private IReadOnlyDictionary<string, PrometheusFamily> Collect() => StrictPrometheusParser.Parse(_exporter.Collect());
}
