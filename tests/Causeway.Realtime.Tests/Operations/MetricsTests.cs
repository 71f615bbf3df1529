using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Tests;

/// <summary>F5: what is counted, under names that stay. A listener hears every server of the process: those of other tests are left out.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Instruments_OfALiveService_HaveTheirFixedNamesAndSayWhatHappened()
    {
        var values = new Dictionary<string, double>();
        await using var server = await LiveServer.StartAsync();
        var meters = server.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == RealtimeMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, 1, tags));
        listener.Start();

        await using var client = await server.ConnectAsync();
        using var stream = await server.StreamAsync("room=a");
        await stream.ReadAsync("connected");
        await client.JoinAsync("a");
        await client.RequestAsync("nobody.takes.this");
        await server.TryUpgradeAsync(LiveServer.As("bad"));
        await server.PublishManyAsync("a", 3);
        await client.NextNumbersAsync(3);
        await Eventually.Equal(6, () => server.Connections.Statistics.Deliveries);
        await Eventually.True(() => server.Connections.Statistics.PublishToSendP50 is not null);
        listener.RecordObservableInstruments();

        lock (values)
        {
            Assert.Equal(1, values["causeway.connections{transport=websocket}"]);
            Assert.Equal(1, values["causeway.connections{transport=sse}"]);
            Assert.Equal(1, values["causeway.rooms{}"]);
            Assert.Equal(3, values["causeway.messages.published{}"]);
            Assert.Equal(3, values["causeway.deliveries{transport=websocket}"]);
            Assert.Equal(3, values["causeway.deliveries{transport=sse}"]);
            Assert.Equal(0, values["causeway.slow_closes{}"]);
            Assert.Equal(0, values["causeway.dropped{policy=drop_oldest}"]);
            Assert.Equal(0, values["causeway.dropped{policy=conflate}"]);
            Assert.Equal(0, values["causeway.backlog{}"]);
            Assert.Equal(1, values["causeway.refused{code=UNKNOWN_TYPE}"]);
            Assert.Equal(1, values["causeway.refused{code=UNAUTHORIZED}"]);
            Assert.True(values["causeway.publish_to_send{}"] >= 1);
            Assert.Equal(13, values.Count);
        }

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = $"{instrument.Name}{{{string.Join(',', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}}}";
            lock (values)
            {
                values[name] = values.GetValueOrDefault(name) + value;
            }
        }
    }

    [Fact]
    public void Latency_Quantiles_AreWithinAnEighthAndForgetAfterAMinute()
    {
        var time = new ManualTime();
        using var meter = new Meter("test");
        var window = new LatencyWindow(time, meter.CreateHistogram<double>("test"));
        Assert.Null(window.Quantile(0.5));

        for (var i = 1; i <= 100; i++)
        {
            window.Record(TimeSpan.FromMilliseconds(i), 1);
        }

        window.Record(TimeSpan.FromSeconds(2), 1);
        Within(window.Quantile(0.5), 51);
        Within(window.Quantile(0.99), 100);
        Within(window.Quantile(1), 2_000);

        time.Advance(TimeSpan.FromSeconds(31));
        window.Record(TimeSpan.FromMilliseconds(500), 300);
        Within(window.Quantile(0.1), 41);
        Within(window.Quantile(0.5), 500);
        time.Advance(TimeSpan.FromSeconds(31));
        Within(window.Quantile(0.01), 500);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(window.Quantile(0.5));

        window.Record(TimeSpan.Zero, 1);
        Assert.InRange(window.Quantile(1)!.Value, TimeSpan.Zero, TimeSpan.FromMicroseconds(1));
        window.Record(TimeSpan.MaxValue, 9);
        Assert.True(window.Quantile(1) > TimeSpan.FromDays(1));

        static void Within(TimeSpan? value, double milliseconds) =>
            Assert.InRange(value!.Value.TotalMilliseconds, milliseconds * 0.99, milliseconds * 1.14);
    }

    [Fact]
    public void EventIds_AreUniqueAndOurs()
    {
        var ids = typeof(LiveCore).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
            .OfType<int>()
            .ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(ids, static id => Assert.InRange(id, 3_000, 3_999));
    }

    [Fact]
    public void Realtime_KnowsOnlyTheWireAndTheHttpAnswers() => Assert.Equal(
        ["Causeway.Http", "Causeway.WebSockets"],
        typeof(LiveCore).Assembly.GetReferencedAssemblies().Select(static a => a.Name!)
            .Where(static name => name.StartsWith("Causeway.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
}
