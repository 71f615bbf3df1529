using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Causeway.Hosting.Tests.Ports;

/// <summary>A1: which sockets an address means, and whether they can be had.</summary>
public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("https://127.0.0.2:8443", "127.0.0.2:8443")]
    [InlineData("http://[::1]:8080", "[::1]:8080")]
    [InlineData("http://0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("http://localhost:8080", "127.0.0.1:8080,[::1]:8080")]
    [InlineData("http://*:8080", "[::]:8080")]
    [InlineData("http://live.example:8080", "[::]:8080")]
    [InlineData("http://127.0.0.1:0", "")]
    [InlineData("http://unix:/tmp/causeway.sock", "")]
    [InlineData("nonsense", "")]
    public void Parse_Address_IsTheSocketsItWillBeBoundTo(string url, string endPoints)
    {
        if (!Socket.OSSupportsIPv6)
        {
            Assert.Skip("Needs IPv6.");
        }

        Assert.Equal(endPoints, string.Join(',', ListenAddress.Parse(url).EndPoints));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "127.0.0.2", true)]
    [InlineData("0.0.0.0", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "0.0.0.0", false)]
    [InlineData("::", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "::", false)]
    [InlineData("::1", "127.0.0.1", true)]
    public void IsFree_SomebodyListens_IsAsTheKernelHasIt(string held, string wanted, bool expected)
    {
        using var listener = Listen(IPAddress.Parse(held));
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        Assert.Equal(expected, ListenAddress.IsFree(new IPEndPoint(IPAddress.Parse(wanted), port)));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("0.0.0.0", "127.0.0.1", true)]
    [InlineData("::", "127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1", true)]
    [InlineData("0.0.0.0", "::1", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("::1", "::", true)]
    public void Overlaps_TwoAddresses_MeetWhereOneStandsForTheOther(string held, string wanted, bool expected)
    {
        var socket = new TcpSocket(new IPEndPoint(IPAddress.Parse(held), 8080), new IPEndPoint(IPAddress.Any, 0), State: 10, UserId: 0, Inode: 1);

        Assert.Equal(expected, socket.Overlaps(new IPEndPoint(IPAddress.Parse(wanted), 8080)));
        Assert.False(socket.Overlaps(new IPEndPoint(IPAddress.Parse(wanted), 8081)));
    }

    [Fact]
    public async Task IsFree_OldConnectionsWaitOutTheirTime_DoesNotWaitWithThem()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }

        var listener = Listen(IPAddress.Loopback);
        var local = (IPEndPoint)listener.LocalEndPoint!;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(local, TestContext.Current.CancellationToken);
        var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        // Who closes first waits.
        accepted.Dispose();
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        client.Dispose();
        listener.Dispose();

        var port = string.Create(CultureInfo.InvariantCulture, $":{local.Port:X4} ");
        await Testing.Eventually.True(
            () => File.ReadLines("/proc/net/tcp").Any(line => line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries) is [_, var own, _, "06", ..] && (own + " ").EndsWith(port, StringComparison.Ordinal)),
            what: "the connection is in TIME_WAIT");
        Assert.True(ListenAddress.IsFree(local));
        Assert.Empty(PortInspection.Holders([local], dataDirectory: null));
    }

    private static Socket Listen(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen();
        return socket;
    }
}
