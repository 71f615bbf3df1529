using System.Net;
using System.Net.Sockets;
using Causeway.Testing;

namespace Causeway.Server.Tests.Outgoing;

/// <summary>F10: the first address of a name that answers is taken (a race), so a dead one costs no time-out.</summary>
public sealed class OutgoingHttpTests
{
    [Fact]
    public async Task ConnectAsync_FirstAddressRefuses_TakesTheNextAtOnce()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        // Nothing listens there: on Linux every address of 127/8 is this machine.
        await using var stream = await OutgoingHttp.ConnectAsync([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback], port, new ManualTime(), CancellationToken.None).Within();

        Assert.True(stream.CanWrite);
    }

    [Fact]
    public async Task ConnectAsync_FirstAddressIsSilent_TakesTheNextAfterAMoment()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.3"), port));
        full.Listen(0);
        var fillers = await FillAsync((IPEndPoint)full.LocalEndPoint!);
        var time = new ManualTime();

        var connecting = OutgoingHttp.ConnectAsync([IPAddress.Parse("127.0.0.3"), IPAddress.Loopback], port, time, CancellationToken.None);
        await time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(250));

        await using var stream = await connecting.Within();
        Assert.True(stream.CanWrite);
        fillers.ForEach(static filler => filler.Dispose());
    }

    [Fact]
    public async Task ConnectAsync_NoAddressAnswers_TellsEveryReason()
    {
        var port = FreePort.Next();

        var failed = await Assert.ThrowsAsync<AggregateException>(
            () => OutgoingHttp.ConnectAsync([IPAddress.Loopback, IPAddress.Parse("127.0.0.2")], port, new ManualTime(), CancellationToken.None).Within());

        Assert.All(failed.InnerExceptions, static failure => Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(failure).SocketErrorCode));
        Assert.Equal(2, failed.InnerExceptions.Count);
    }

    [Fact]
    public async Task ConnectAsync_NoAddress_IsAnUnknownHost() => Assert.Equal(
        SocketError.HostNotFound,
        (await Assert.ThrowsAsync<SocketException>(() => OutgoingHttp.ConnectAsync([], 80, new ManualTime(), CancellationToken.None).Within())).SocketErrorCode);

    [Fact]
    public void Alternating_TwoFamilies_TakesThemInTurnFromTheFirst() => Assert.Equal(
        ["::1", "10.0.0.1", "::2", "10.0.0.2", "10.0.0.3"],
        OutgoingHttp.Alternating([.. new[] { "::1", "::2", "10.0.0.1", "10.0.0.2", "10.0.0.3" }.Select(IPAddress.Parse)]).Select(static address => address.ToString()));

    /// <summary>Connects until the queue of the listener, which accepts nobody, is full: further attempts stay without an answer.</summary>
    private static async Task<List<Socket>> FillAsync(IPEndPoint address)
    {
        var fillers = new List<Socket>();
        while (true)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            fillers.Add(filler);
            var connecting = filler.ConnectAsync(address);
            if (await Task.WhenAny(connecting, Task.Delay(500)) != connecting)
            {
                _ = connecting.ContinueWith(static late => late.Exception, TaskScheduler.Default);
                return fillers;
            }
        }
    }
}
