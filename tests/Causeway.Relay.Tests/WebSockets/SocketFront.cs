using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>A service with one relayed route, <c>/relayed/…</c>, on a real Kestrel.</summary>
internal sealed class SocketFront : IAsyncDisposable
{
    private SocketFront(TestServer server) => Server = server;

    public TestServer Server { get; }

    public Uri Uri => Server.WebSocketUri("/relayed/socket");

    public Backend Backend => Server.Services.GetRequiredService<RelayRoutes>().Backends[0];

    public RelayedWebSockets Relayed => Server.Services.GetRequiredService<RelayedWebSockets>();

    public static async Task<SocketFront> StartAsync(
        string backendUrl, Action<BackendOptions>? backend = null, Action<WebApplicationBuilder>? build = null, HttpProtocols protocols = HttpProtocols.Http1) =>
        new(await TestServer.StartAsync(
            static app => app.MapRelay(),
            builder =>
            {
                builder.Services.AddRelay(options =>
                {
                    var settings = new BackendOptions();
                    settings.Urls.Add(backendUrl);
                    backend?.Invoke(settings);
                    options.Backends["echo"] = settings;
                    options.Routes.Add(new RouteOptions { Path = "/relayed/{**rest}", Backend = "echo", Access = "anyone" });
                });
                build?.Invoke(builder);
            },
            protocols));

    public Task<RawWebSocket> ConnectAsync(RawHandshake? handshake = null) => RawWebSocket.ConnectAsync(Uri, handshake);

    /// <summary>Opens a client with its backend's end.</summary>
    public async Task<(RawWebSocket Client, SocketPeer Peer)> OpenAsync(SocketBackend backend, RawHandshake? handshake = null, string lines = "")
    {
        var connecting = ConnectAsync(handshake);
        var peer = await backend.AcceptAsync();
        await peer.SwitchAsync(lines);
        var client = await connecting.Within();
        await Eventually.True(() => Relayed.Count > 0 && Relayed.Count == Backend.WebSockets.Taken);
        return (client, peer);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Server.Logs.AssertQuiet();
    }
}
