using Causeway.Relay.Tests.WebSockets;
using Causeway.Testing;

namespace Causeway.Relay.Tests.Backends;

/// <summary>B2, B3, B5: a backend that takes no connection costs the client the connect time-out, and no more.</summary>
public sealed class ConnectTimeOutTests
{
    private const double Seconds = 0.5;

    [Fact]
    public async Task Forward_ConnectHangs_Answers504InPhaseConnect()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels refuse where their queue is full.");
        await using var nobody = await FullListener.StartAsync();
        await using var front = await RelayFront.StartAsync(static options => options.ConnectSeconds = Seconds, nobody.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");

        Assert.Equal((504, "BACKEND_TIMEOUT"), (answer.Status, answer.ErrorCode));
        var error = answer.Json.GetProperty("error");
        Assert.Equal("connect", error.GetProperty("details").GetProperty("phase").GetString());
        Assert.Equal("The backend did not take the connection in time.", error.GetProperty("message").GetString());
        Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forward_ConnectHangs_NextAddressGetsTheRequestEvenAPost()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels refuse where their queue is full.");
        await using var nobody = await FullListener.StartAsync();
        await using var other = new EchoBackend("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        await using var front = await RelayFront.StartAsync(static options => options.ConnectSeconds = 2, nobody.Url, other.Url);

        for (var i = 0; i < 2; i++)
        {
            var answer = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
            Assert.Equal((200, "hi"), (answer.Status, answer.Text));
        }
    }

    [Fact]
    public async Task WebSocket_ConnectHangs_Is504AndNo101AndLeavesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels refuse where their queue is full.");
        await using var nobody = await FullListener.StartAsync();
        await using var front = await SocketFront.StartAsync(nobody.Url.ToString(), static options => options.ConnectSeconds = Seconds);

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri);

        Assert.Equal((504, "BACKEND_TIMEOUT"), (answer.Status, answer.ErrorCode));
        Assert.Equal(0, front.Backend.WebSockets.Taken);
    }
}
