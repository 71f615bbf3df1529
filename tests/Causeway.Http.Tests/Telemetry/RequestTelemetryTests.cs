using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Http.Tests.Telemetry;

/// <summary>F5: spans and durations of requests, named by OpenTelemetry's conventions, with nothing secret in them. Listeners hear the whole process: each test looks for its own trace.</summary>
public sealed class RequestTelemetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private TestServer _server = null!;

    public RequestTelemetryTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Causeway.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    // The host's own activity, which it has where its diagnostics are logged, would be every span's parent.
    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        Configure, static builder => builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None));

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Request_WithACallersTrace_GoesOnWithIt()
    {
        var (trace, parent) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        using var request = HttpAssert.Get("/things/7?token=hush").With("traceparent", $"00-{trace}-{parent}-01").With("tracestate", "shop=1");

        var response = await _server.SendAsync(request);

        Assert.Equal(trace, await response.TextAsync());
        var span = await SpanOfAsync(trace);
        Assert.Equal(("GET /things/{id}", ActivityKind.Server, parent, "shop=1"), (span.DisplayName, span.Kind, span.ParentSpanId.ToHexString(), span.TraceStateString));
        var tags = span.TagObjects.ToDictionary();
        Assert.Equal(
            ("GET", "/things/7", "http", "1.1", 200, "/things/{id}"),
            (tags["http.request.method"], tags["url.path"], tags["url.scheme"], tags["network.protocol.version"], tags["http.response.status_code"], tags["http.route"]));
        Assert.Equal(response.Headers.GetValues("X-Request-Id").Single(), tags["causeway.request_id"]);
        Assert.DoesNotContain(tags.Values, static value => value?.ToString()?.Contains("hush", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task Request_WithATraceThatCantBeRead_BeginsOne(string traceParent)
    {
        using var request = HttpAssert.Get("/things/7").With("traceparent", traceParent);

        var trace = await (await _server.SendAsync(request)).TextAsync();

        Assert.Equal(32, trace.Length);
        Assert.DoesNotContain(trace, traceParent, StringComparison.Ordinal);
        Assert.Equal(default, (await SpanOfAsync(trace)).ParentSpanId);
    }

    [Fact]
    public async Task Request_ThatFails_IsAnErrorAndItsLogLineHasTheTrace()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var request = HttpAssert.Get("/throws").With("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-00");

        Assert.Equal(HttpStatusCode.InternalServerError, (await _server.SendAsync(request)).StatusCode);

        var span = await SpanOfAsync(trace);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("500", span.GetTagItem("error.type"));
    }

    [Fact]
    public async Task Request_OfAMethodNobodyKnows_IsNotALabelOfItsOwn()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage(new HttpMethod("BREW"), "/things/7").With("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");

        await _server.SendAsync(request);

        Assert.Equal("_OTHER", (await SpanOfAsync(trace)).GetTagItem("http.request.method"));
    }

    [Fact]
    public async Task Upgrade_MayLastForDays_HasNoSpan()
    {
        var answer = await HttpAnswer.SendAsync(
            _server.BaseAddress, "GET /upgrade HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");

        Assert.Equal(101, answer.Status);
        Assert.DoesNotContain(_spans, static span => span.GetTagItem("url.path") is "/upgrade");
    }

    [Fact]
    public async Task Durations_OfRequests_HaveRouteAndStatus()
    {
        var meters = _server.Services.GetRequiredService<IMeterFactory>();
        var seen = new ConcurrentQueue<Dictionary<string, object?>>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            // The host has one of the same name.
            if (instrument is { Name: "http.server.request.duration", Meter.Name: "Causeway.Http" } && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => seen.Enqueue(tags.ToArray().ToDictionary()));
        listener.Start();

        await _server.SendAsync(HttpAssert.Get("/things/8"));
        await _server.SendAsync(HttpAssert.Get("/nothing/here"));

        await Eventually.Equal(2, () => seen.Count);
        Assert.Contains(seen, static tags => tags["http.route"] is "/things/{id}" && tags["http.response.status_code"] is 200);
        Assert.Contains(seen, static tags => !tags.ContainsKey("http.route") && tags["http.response.status_code"] is 404);
    }

    private static void Configure(WebApplication app)
    {
        app.UseRequestIds();
        app.UseRequestTelemetry();
        app.UseApiErrors();
        app.UseRouting();
        app.MapMethods("/things/{id}", ["GET", "BREW"], static (string id) => Activity.Current?.TraceId.ToHexString() ?? "none");
        app.MapGet("/throws", static string () => throw new InvalidOperationException("boom"));
        app.MapGet("/upgrade", static async Task (HttpContext context) =>
        {
            await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Activity.Current is null ? "none" : "some"), context.RequestAborted);
        });
    }

    private async Task<Activity> SpanOfAsync(string trace)
    {
        await Eventually.True(() => _spans.Any(span => span.TraceId.ToHexString() == trace), what: $"a span of the trace {trace}");
        return _spans.Single(span => span.TraceId.ToHexString() == trace);
    }
}
