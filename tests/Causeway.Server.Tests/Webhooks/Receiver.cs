using System.Collections.Concurrent;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>A backend that is told of events, or asked: a real Kestrel that notes what comes and answers as the test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Received> _all = new();
    private TestServer? _server;

    /// <summary>What it got so far, in order.</summary>
    public IReadOnlyList<Received> All => [.. _all];

    public string Url => new Uri(_server!.BaseAddress, "/hook").ToString();

    /// <summary>How it answers; 200 with nothing unless a test says otherwise.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = static _ => Task.CompletedTask;

    public static async Task<Receiver> StartAsync()
    {
        var receiver = new Receiver();
        receiver._server = await TestServer.StartAsync(app => app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver._all.Enqueue(new Received(
                context.Request.Path, context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
            await receiver.Answer(context);
        }));
        return receiver;
    }

    /// <summary>Waits for so many requests, and gives them.</summary>
    public async Task<IReadOnlyList<Received>> WaitAsync(int count, string? type = null)
    {
        await Eventually.True(() => Of(type).Count >= count, what: $"{count} requests; there are {string.Join(", ", All.Select(static one => one.Type))}");
        return Of(type);
    }

    public IReadOnlyList<Received> Of(string? type) => [.. All.Where(one => type is null || one.Type == type)];

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    /// <summary>A request.</summary>
    internal sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
    {
        public JsonElement Json => JsonElement.Parse(Body);

        public string Type => Headers.GetValueOrDefault("Causeway-Event", "");

        public string Id => Json.GetProperty("id").GetString()!;

        public long Sequence => Json.GetProperty("sequence").GetInt64();

        public JsonElement Data => Json.GetProperty("data");
    }
}
