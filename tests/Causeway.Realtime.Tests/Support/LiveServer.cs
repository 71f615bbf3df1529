using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Realtime.Tests;

/// <summary>The live service on a real Kestrel, with a clock and credentials of the test's own.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private readonly TestServer _server;

    private LiveServer(TestServer server) => _server = server;

    public Uri Address => _server.BaseAddress;

    /// <summary>The listener with TLS that the test has added.</summary>
    public Uri SecureAddress => new(_server.App.Urls.Single(static url => url.StartsWith("https:", StringComparison.Ordinal)));

    public HttpClient Http => _server.Client;

    public LogProbe Logs => _server.Logs;

    public IServiceProvider Services => _server.Services;

    public TestAuthenticator Authenticator => (TestAuthenticator)_server.Services.GetRequiredService<IRealtimeAuthenticator>();

    public LiveCore Core => _server.Services.GetRequiredService<LiveCore>();

    public Rooms Rooms => _server.Services.GetRequiredService<Rooms>();

    public Connections Connections => _server.Services.GetRequiredService<Connections>();

    /// <summary>Starts a server whose clients may send as fast as they like, unless the options say otherwise.</summary>
    public static async Task<LiveServer> StartAsync(
        Action<RealtimeOptions>? options = null, Action<RealtimeBuilder>? handlers = null, TimeProvider? time = null,
        HttpProtocols protocols = HttpProtocols.Http1, Action<WebApplicationBuilder>? build = null) =>
        new(await TestServer.StartAsync(
            static app =>
            {
                app.MapRealtime();
                app.MapRoomEvents();
            },
            builder =>
            {
                build?.Invoke(builder);
                builder.Services.AddSingleton(time ?? TimeProvider.System);
                builder.Services.AddSingleton<IRealtimeAuthenticator, TestAuthenticator>();
                var realtime = builder.Services.AddRealtime(settings =>
                {
                    settings.MessagesPerSecond = 1_000_000;
                    options?.Invoke(settings);
                });
                handlers?.Invoke(realtime);
            },
            protocols));

    /// <summary>What a client says in its handshake to be this user.</summary>
    public static RawHandshake As(string? credential) => new()
    {
        Headers = credential is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["Authorization"] = $"Bearer {credential}" },
    };

    public Task<LiveClient> ConnectAsync(string? credential = null) => LiveClient.ConnectAsync(Address, As(credential));

    /// <summary>A client of which nothing is read but what the test reads, over a socket that hides little.</summary>
    public async Task<RawWebSocket> ConnectRawAsync(RawHandshake? handshake = null)
    {
        var socket = await RawWebSocket.ConnectAsync(_server.WebSocketUri(), handshake);
        await socket.ReadTextAsync();
        return socket;
    }

    /// <summary>The server's answer to an upgrade, whatever it is.</summary>
    public Task<HttpAnswer> TryUpgradeAsync(RawHandshake? handshake = null, string path = "/ws") =>
        RawWebSocket.TryUpgradeAsync(_server.WebSocketUri(path), handshake);

    /// <summary>Opens a stream; its head and its greeting are still to be read.</summary>
    public Task<SseReader> StreamAsync(
        string rooms, string? lastEventId = null, string? credential = null, int? receiveBufferBytes = null) =>
        SseReader.OpenAsync(new Uri(Address, $"/sse?{rooms}"), lastEventId, As(credential).Headers, receiveBufferBytes);

    /// <summary>Publishes <c>{"n":…}</c> as the server.</summary>
    public async Task<PublishResult> PublishAsync(string room, int n, PublishOptions? options = null, string type = "chat")
    {
        var result = await Rooms.PublishAsync(RoomId.Parse(room), type, JsonSerializer.SerializeToUtf8Bytes(new { n }), options);
        return result.Published ? result : throw new InvalidOperationException(result.Error!.Message);
    }

    /// <summary>Publishes the numbers from 1 on.</summary>
    public async Task PublishManyAsync(string room, int count)
    {
        for (var n = 1; n <= count; n++)
        {
            await PublishAsync(room, n);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
