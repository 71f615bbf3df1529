using System.Text.Json.Nodes;
using Causeway.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Causeway.Server.Tests.Telemetry;

/// <summary>F5: traces that follow a message and metrics, by OTLP, to a collector that decodes them; and a collector that is not there.</summary>
// Who traces in this process has what others do traced too: one after the other.
[Collection("traces")]
public sealed class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    [Theory]
    [InlineData("http/protobuf", HttpProtocols.Http1)]
    [InlineData("grpc", HttpProtocols.Http2)]
    public async Task Export_APublish_IsOneTraceFromTheCallerToTheMembers(string protocol, HttpProtocols spoken)
    {
        await using var collector = await Collector.StartAsync(spoken);
        var trace = TraceId[..31] + (spoken == HttpProtocols.Http1 ? "1" : "2");
        await using (var server = await RunningServer.StartAsync(Configured(collector.Url, $$""", "OtlpProtocol": "{{protocol}}", "OtlpHeaders": "X-Key=sesame", "ServiceName": "shop" """)))
        {
            await using var member = await server.ConnectAsync();
            await member.JoinAsync("news");
            (await server.PostAsync("/api/v1/rooms/news/messages?debug=secret-query", """{"type":"headline","payload":{"n":1}}""", null, ("traceparent", $"00-{trace}-{CallerSpan}-01"))).AssertStatus(201);
            await member.NextAsync("headline");
            await Eventually.True(() => collector.Metrics.ContainsKey("http.server.request.duration"));
        }

        // The stop has sent the rest.
        var spans = collector.Spans.Where(span => span.TraceId == trace).ToDictionary(static span => span.Name);
        var (request, publish, deliver) = (spans["POST /api/v1/rooms/{room_id}/messages"], spans["publish"], spans["deliver"]);
        Assert.Equal((CallerSpan, request.SpanId, publish.SpanId), (request.ParentId, publish.ParentId, deliver.ParentId));
        Assert.Equal(("Causeway.Http", "Causeway.Realtime", "Causeway.Realtime"), (request.Scope, publish.Scope, deliver.Scope));
        Assert.Equal(("201", "/api/v1/rooms/{room_id}/messages"), (request.Attributes["http.response.status_code"], request.Attributes["http.route"]));
        Assert.Equal(("news", "1"), (publish.Attributes["messaging.destination.name"], deliver.Attributes["causeway.members"]));
        Assert.True(publish.Start <= deliver.Start && deliver.Start <= deliver.End);
        Assert.DoesNotContain(spans.Values.SelectMany(static span => span.Attributes.Values), static value => value.Contains("secret-query", StringComparison.Ordinal));

        var resource = collector.Resources[0];
        Assert.Equal(("shop", ServerApp.Version), (resource["service.name"], resource["service.version"]));
        Assert.NotEmpty(resource["service.instance.id"]);
        Assert.All(collector.Keys, static key => Assert.Equal("sesame", key));
        foreach (var (name, unit) in new[] { ("causeway.connections", ""), ("causeway.messages.published", ""), ("causeway.publish_to_send", "s"), ("http.server.request.duration", "s"), ("dotnet.gc.collections", "{collection}") })
        {
            Assert.True(collector.Metrics.TryGetValue(name, out var given), $"{name} was not sent.");
            Assert.Equal(unit, given);
        }
    }

    [Fact]
    public async Task Export_AMessageOverAWebSocket_IsTracedToo()
    {
        await using var collector = await Collector.StartAsync();
        await using (var server = await RunningServer.StartAsync(Configured(collector.Url)))
        {
            await using var member = await server.ConnectAsync();
            await member.JoinAsync("traced-socket");
            await member.PublishAsync("traced-socket", new JsonObject { ["n"] = 1 });
            await member.NextAsync("chat");
            await Eventually.True(() => Published() is { } sent && collector.Spans.Any(span => span.Name == "deliver" && span.ParentId == sent.SpanId), what: "both spans arrive");
        }

        Assert.Empty(Published()!.ParentId);

        // Other tests' messages are traced in this process as well.
        Collector.Span? Published() => collector.Spans.SingleOrDefault(static span => span.Name == "publish" && span.Attributes["messaging.destination.name"] == "traced-socket");
    }

    [Fact]
    public async Task Export_RatioOfNothing_SendsNoTraceWhateverACallerAsksFor()
    {
        await using var collector = await Collector.StartAsync();
        const string Asked = "aaf7651916cd43dd8448eb211c80319c";
        await using (var server = await RunningServer.StartAsync(Configured(collector.Url, """, "TraceRatio": 0 """)))
        {
            (await server.PostAsync("/api/v1/rooms/a/messages", """{"type":"x"}""", null, ("traceparent", $"00-{Asked}-{CallerSpan}-01"))).AssertStatus(201);
        }

        Assert.DoesNotContain(collector.Spans, static span => span.TraceId == Asked);
    }

    [Fact]
    public async Task Export_CollectorIsDown_DisturbsNothingAndIsToldOnceAndAgainWhenItIsBack()
    {
        var port = FreePort.Next();
        await using var server = await RunningServer.StartAsync(Configured($"http://127.0.0.1:{port}"));

        (await server.PostAsync("/api/v1/rooms/a/messages", """{"type":"x"}""")).AssertStatus(201);
        Assert.Equal("ready", (await server.GetAsync("/ready")).Json.GetProperty("status").GetString());
        await Eventually.True(() => Failures().Any(), what: "the metrics' failure to be told");

        await using var collector = await Collector.StartAsync(port: port);
        await server.Logs.WaitFor("ExportWorksAgain");
        await Eventually.True(() => collector.Metrics.ContainsKey("causeway.rooms"), what: "the metrics arrive");
        Assert.Equal(LogLevel.Warning, Assert.Single(Failures()).Level);
        server.Logs.AssertQuiet();

        IEnumerable<LogEvent> Failures() => server.Logs.Named("ExportFails").Where(static e => Equals(e.Properties["What"], "metrics"));
    }

    private static string Configured(string url, string more = "") => $$"""{ "Telemetry": { "Otlp": "{{url}}", "MetricsSeconds": 1{{more}} } }""";
}
