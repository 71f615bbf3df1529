using System.Net;
using System.Net.Sockets;

namespace Causeway.Hosting.Tests.Ports;

/// <summary>A1: who holds a port.</summary>
public sealed class PortInspectionTests
{
    public PortInspectionTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }
    }

    [Fact]
    public void Holders_NobodyThere_IsEmpty()
    {
        using var listener = Listen(out var endPoint);
        listener.Dispose();

        Assert.Empty(PortInspection.Holders([endPoint], dataDirectory: null));
    }

    [Fact]
    public void Holders_Listener_IsNamedWithItsSocket()
    {
        using var listener = Listen(out var endPoint);

        var holder = Assert.Single(PortInspection.Holders([endPoint], dataDirectory: null));

        Assert.Equal((HolderKind.Stranger, Environment.ProcessId), (holder.Kind, holder.Pid));
        Assert.Equal(ProcessTable.Executable(Environment.ProcessId), holder.Executable);
        Assert.Equal(ProcessTable.UserId(Environment.ProcessId), holder.UserId);
        Assert.InRange(holder.StartedAt!.Value, TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(3), TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2));
        var socket = Assert.Single(holder.Sockets);
        Assert.Equal(("LISTEN", endPoint.ToString(), null), (socket.State, socket.Local, socket.Remote));
        Assert.NotEqual(0ul, socket.Inode);
    }

    [Fact]
    public async Task Holders_ClientsOwnEnd_IsNoListener()
    {
        using var peer = Listen(out var target);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(target, TestContext.Current.CancellationToken);

        var holder = Assert.Single(PortInspection.Holders([(IPEndPoint)client.LocalEndPoint!], dataDirectory: null));

        Assert.False(holder.IsListening);
        Assert.Equal(target.ToString(), Assert.Single(holder.Sockets).Remote);
        Assert.Contains($"a connection of its own to {target}", holder.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void For_NobodyVisible_SaysThatTheHolderIsUnknown() =>
        Assert.Contains("unknown holder", PortHeldMessage.For("http://127.0.0.1:8080", []), StringComparison.Ordinal);

    [Fact]
    public void For_UnseenHolder_GivesItsUserAndNoProcess()
    {
        var holder = new PortHolder { Kind = HolderKind.Unknown, UserId = 4_242, Sockets = [new("LISTEN", "127.0.0.1:8080", null, 7)], Evidence = "hidden" };

        var message = PortHeldMessage.For("http://127.0.0.1:8080", [holder]);

        Assert.Contains("an unknown holder (uid 4242)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("process", message, StringComparison.Ordinal);
    }

    private static Socket Listen(out IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        endPoint = (IPEndPoint)socket.LocalEndPoint!;
        return socket;
    }
}
