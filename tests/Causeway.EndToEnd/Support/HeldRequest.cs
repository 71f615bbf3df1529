using Causeway.Testing;
using Microsoft.AspNetCore.Builder;

namespace Causeway.EndToEnd;

/// <summary>A request that a server relays and whose answer the test holds back as long as it likes; no limit on slow bodies ends it.</summary>
internal sealed class HeldRequest : IAsyncDisposable
{
    private readonly TaskCompletionSource _arrived = new();
    private readonly TaskCompletionSource _answer = new();
    private readonly WebApplication _backend;
    private Task<HttpAnswer>? _request;

    private HeldRequest(int port)
    {
        _backend = WebApplication.CreateSlimBuilder().Build();
        _backend.Urls.Add($"http://127.0.0.1:{port}");
        _backend.MapGet("/held", async () =>
        {
            _arrived.TrySetResult();
            await _answer.Task;
            return "answered";
        });
        Configuration = $$"""
            { "Server": { "DrainSeconds": 100 },
              "Relay": { "Routes": [{ "Path": "/held", "Backend": "held" }], "Backends": { "held": { "Urls": ["http://127.0.0.1:{{port}}"] } } } }
            """;
    }

    /// <summary>What the server needs to relay it, with a drain of 100 s.</summary>
    public string Configuration { get; }

    public static async Task<HeldRequest> PrepareAsync()
    {
        var held = new HeldRequest(FreePort.Next());
        await held._backend.StartAsync().Within();
        return held;
    }

    /// <summary>Sends it, and comes back when it is in flight.</summary>
    public async Task SendAsync(CausewayProcess causeway)
    {
        _request = causeway.GetAsync("/held");
        await Task.WhenAny(_arrived.Task, _request).Within();
        Assert.False(_request.IsCompleted);
    }

    /// <summary>Lets it end, and looks that nobody cut it.</summary>
    public async Task EndAsync()
    {
        _answer.TrySetResult();
        var answer = await (_request ?? throw new InvalidOperationException("Not sent.")).Within();
        Assert.Equal((200, "answered"), (answer.Status, answer.Text));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _answer.TrySetResult();
        await _backend.DisposeAsync();
    }
}
