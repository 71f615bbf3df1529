using Causeway.Testing;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>A backend that refuses a WebSocket with an answer that goes wrong.</summary>
public sealed class RefusalTests
{
    private const string Handshake =
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

    [Fact]
    public async Task Refusal_WithoutEnd_ClientLeaves_EndsTheBackendsRequest()
    {
        var ended = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
            await peer.WaitClosedAsync();
            ended.SetResult();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using (var client = await RawConnection.OpenAsync(front.BaseAddress))
        {
            await client.SendAsync(Handshake);
            Assert.Equal("HTTP/1.1 403 Forbidden", await client.ReadLineAsync());
            Assert.False(ended.Task.IsCompleted);
        }

        await ended.Task.Within();
    }

    [Fact]
    public async Task Refusal_BreaksOff_CutsTheClientsAnswer()
    {
        await using var backend = RawBackend.Says("HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\nhalf");
        await using var front = await RelayFront.StartAsync(backend.Url);

        await Assert.ThrowsAnyAsync<Exception>(() => HttpAnswer.SendAsync(front.BaseAddress, Handshake).Within());
    }
}
