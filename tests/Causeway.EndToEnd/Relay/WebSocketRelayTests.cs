using System.Net.WebSockets;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.EndToEnd.Relay;

/// <summary>B3 with the real program, a real backend behind it, and clients that others wrote.</summary>
public sealed class WebSocketRelayTests
{
    [Theory]
    [InlineData("ws", "plain")]
    [InlineData("ws", "deflate")]
    [InlineData("python", "plain")]
    [InlineData("python", "deflate")]
    public async Task Relay_PeersOfOthers_TalkPingAndClose(string peer, string compression)
    {
        await using var backend = await StartEchoAsync();
        await using var causeway = await CausewayProcess.StartAsync(RouteTo(backend.BaseAddress));
        await using var client = Start(causeway, peer, compression);
        var opened = await client.TellsAsync("open");
        Assert.StartsWith("causeway.v1", opened, StringComparison.Ordinal);
        Assert.Equal(compression == "deflate", opened.Contains("permessage-deflate", StringComparison.Ordinal));

        var text = string.Concat(Enumerable.Repeat("grüße 🚀 ", 5_000));
        await client.SayAsync(text);
        Assert.Equal(text.TrimEnd(), (await client.TellsAsync("message")).TrimEnd());
        await client.SayAsync("!ping");
        Assert.Equal("are you there", await client.TellsAsync("pong"));

        await client.SayAsync("!close 4321");
        Assert.StartsWith("4321", await client.TellsAsync("close"), StringComparison.Ordinal);
        await client.ExitAsync();
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Relay_BackendDead_PeerIsRefusedAndNeverOpened(string peer)
    {
        await using var causeway = await CausewayProcess.StartAsync(RouteTo(new Uri($"http://127.0.0.1:{FreePort.Next()}")));
        await using var client = Start(causeway, peer, "plain");

        Assert.Equal("502", await client.TellsAsync("refused"));

        Assert.DoesNotContain(client.Output, static line => line.StartsWith("open", StringComparison.Ordinal));
        Assert.Equal(502, (await causeway.GetAsync("/behind/echo?preflight=1")).Status);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Stop_WithAPeerConnected_PeerSees1012AndTheReportSaysSo(string peer)
    {
        await using var backend = await StartEchoAsync();
        await using var causeway = await CausewayProcess.StartAsync(RouteTo(backend.BaseAddress, drainSeconds: 20));
        await using var client = Start(causeway, peer, "plain");
        await client.TellsAsync("open");

        Assert.Equal(0, await causeway.StopAsync());

        Assert.StartsWith("1012", await client.TellsAsync("close"), StringComparison.Ordinal);
        Assert.Contains(causeway.Process.Output, static line => line.Contains("1 relayed WebSockets sent away", StringComparison.Ordinal));
    }

    private static string RouteTo(Uri backend, int drainSeconds = 0) => $$"""
        {
          "Server": { "DrainSeconds": {{drainSeconds}} },
          "Relay": {
            "Routes": [{ "Path": "/behind/{**rest}", "Backend": "echo", "StripPrefix": true, "Access": "anyone" }],
            "Backends": { "echo": { "Urls": ["{{backend}}"] } }
          }
        }
        """;

    private static ChildProcess Start(CausewayProcess causeway, string peer, string compression)
    {
        var (program, script) = peer == "ws" ? (Needs.Node(), "ws-client.cjs") : (Needs.Python(), "websockets_client.py");
        var url = $"ws://127.0.0.1:{causeway.Port}/behind/echo";
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "Peers", script), url, .. compression == "deflate" ? (string[])["deflate"] : []];
        return ChildProcess.Start(
            program, arguments, environment: peer == "ws" ? new Dictionary<string, string?> { ["CAUSEWAY_TEST_PEERS"] = Needs.Peers() } : null);
    }

    private static Task<TestServer> StartEchoAsync() => TestServer.StartAsync(static app =>
    {
        app.UseWebSockets();
        app.Map("/echo", EchoAsync);
    });

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(),
            DangerousEnableCompression = true,
        });
        var buffer = new byte[65_536];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(received.CloseStatus!.Value, received.CloseStatusDescription, CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }
    }
}
