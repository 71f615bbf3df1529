using System.Collections.Concurrent;
using System.Diagnostics;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay.Tests.Forwarding;

/// <summary>F5: a trace goes on to the backend, with the relay's own span between.</summary>
public sealed class TracingTests
{
    private const string Parent = "b7ad6b7169203331";

    [Fact]
    public async Task Request_NobodyTraces_GoesOnWithTheClientsOwnTrace()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), before: null, WithoutTheHosts);

        await EchoBackend.AskAsync(front, "/", $"traceparent: 00-1af7651916cd43dd8448eb211c80319c-{Parent}-01", "tracestate: shop=1");

        Assert.Equal([$"00-1af7651916cd43dd8448eb211c80319c-{Parent}-01"], backend.Header("traceparent"));
        Assert.Equal(["shop=1"], backend.Header("tracestate"));
    }

    [Fact]
    public async Task Request_Traced_TellsTheBackendItsOwnPlaceInTheTrace()
    {
        const string Trace = "2af7651916cd43dd8448eb211c80319c";
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Causeway.Http" or "Causeway.Relay",
            Sample = static (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId.ToHexString() == Trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url),
            static app => app.UseRequestTelemetry(),
            WithoutTheHosts);

        await EchoBackend.AskAsync(front, "/", $"traceparent: 00-{Trace}-{Parent}-01", "tracestate: shop=1");

        await Eventually.Equal(2, () => spans.Count);
        var (request, relayed) = (spans.Single(static span => span.Kind == ActivityKind.Server), spans.Single(static span => span.Kind == ActivityKind.Client));
        Assert.Equal((Parent, request.SpanId), (request.ParentSpanId.ToHexString(), relayed.ParentSpanId));
        Assert.Equal([$"00-{Trace}-{relayed.SpanId.ToHexString()}-01"], backend.Header("traceparent"));
        Assert.Equal(["shop=1"], backend.Header("tracestate"));
        Assert.Equal(("app", 200), (relayed.GetTagItem("causeway.backend"), relayed.GetTagItem("http.response.status_code")));
    }

    /// <summary>The host has an activity of its own where its diagnostics are logged; the program's are not.</summary>
    private static void WithoutTheHosts(WebApplicationBuilder builder) => builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
}
