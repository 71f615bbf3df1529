using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Causeway.Server.Tests.Telemetry;

/// <summary>An OTLP collector: a real server that decodes what it gets, over HTTP and gRPC.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ConcurrentDictionary<string, string> _metrics = new();
    private readonly ConcurrentQueue<Dictionary<string, string>> _resources = new();
    private readonly ConcurrentQueue<string> _keys = new();

    private Collector(HttpProtocols protocols, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        _app = builder.Build();
        _app.MapPost("/v1/traces", context => TakeAsync(context, TakeTraces, grpc: false));
        _app.MapPost("/v1/metrics", context => TakeAsync(context, TakeMetrics, grpc: false));
        _app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", context => TakeAsync(context, TakeTraces, grpc: true));
        _app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => TakeAsync(context, TakeMetrics, grpc: true));
    }

    public string Url => _app.Urls.First();

    public IReadOnlyList<Span> Spans => [.. _spans];

    /// <summary>Names of metrics with their units.</summary>
    public IReadOnlyDictionary<string, string> Metrics => _metrics;

    public IReadOnlyList<Dictionary<string, string>> Resources => [.. _resources];

    /// <summary>What came in the header <c>X-Key</c>.</summary>
    public IReadOnlyList<string> Keys => [.. _keys];

    public static async Task<Collector> StartAsync(HttpProtocols protocols = HttpProtocols.Http1, int port = 0)
    {
        var collector = new Collector(protocols, port);
        await collector._app.StartAsync().Within();
        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context, Action<ProtoMessage> take, bool grpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        _keys.Enqueue(context.Request.Headers["X-Key"].ToString());
        var bytes = body.ToArray();
        take(ProtoMessage.Parse(grpc ? bytes.AsMemory(5, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1))) : bytes));
        if (grpc)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }
    }

    private void TakeTraces(ProtoMessage request)
    {
        foreach (var resource in request.Messages(1))
        {
            _resources.Enqueue(resource.Messages(1).Single().Attributes(1));
            foreach (var scope in resource.Messages(2))
            {
                foreach (var span in scope.Messages(2))
                {
                    _spans.Enqueue(new Span(
                        scope.Messages(1).Single().Text(1), span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), span.Number(7), span.Number(8), span.Attributes(9)));
                }
            }
        }
    }

    private void TakeMetrics(ProtoMessage request)
    {
        foreach (var metric in request.Messages(1).SelectMany(static resource => resource.Messages(2)).SelectMany(static scope => scope.Messages(2)))
        {
            _metrics[metric.Text(1)] = metric.Text(3);
        }
    }

    /// <summary>One span as it came.</summary>
    internal sealed record Span(
        string Scope, string Name, string TraceId, string SpanId, string ParentId, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes);
}
