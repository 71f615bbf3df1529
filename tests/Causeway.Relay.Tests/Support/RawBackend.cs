using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Causeway.Testing;

namespace Causeway.Relay.Tests;

/// <summary>A backend whose every byte the test says, for manners that no server library has.</summary>
internal sealed class RawBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<RawPeer, Task> _behave;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _peers = [];
    private readonly Task _accepting;
    private int _connections;

    private RawBackend(Func<RawPeer, Task> behave)
    {
        _behave = behave;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Url = new Uri($"http://{_listener.LocalEndPoint}/");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>A backend that treats each connection so, and closes it then.</summary>
    public static RawBackend Start(Func<RawPeer, Task> behave) => new(behave);

    /// <summary>A backend that reads one request head, says this and closes.</summary>
    public static RawBackend Says(string answer) => new(async peer =>
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync(answer);
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_peers).Within().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptAsync(_stop.Token);
            Interlocked.Increment(ref _connections);
            _peers.Add(ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var peer = new RawPeer(socket, _stop.Token);
        await _behave(peer);
    }
}

/// <summary>One connection to a <see cref="RawBackend"/>.</summary>
internal sealed class RawPeer(Socket socket, CancellationToken stop) : IDisposable
{
    private byte[] _received = [];

    /// <summary>Cancelled when the test ends.</summary>
    public CancellationToken Stop => stop;

    /// <summary>Reads up to the empty line; null where the connection closed before.</summary>
    public async Task<string?> ReadHeadAsync()
    {
        while (true)
        {
            var end = _received.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var head = Encoding.Latin1.GetString(_received, 0, end + 4);
                _received = _received[(end + 4)..];
                return head;
            }

            if (!await ReceiveAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Reads so many bytes of a body.</summary>
    public async Task<string> ReadAsync(int count)
    {
        while (_received.Length < count && await ReceiveAsync())
        {
            // More is coming.
        }

        var taken = _received[..Math.Min(count, _received.Length)];
        _received = _received[taken.Length..];
        return Encoding.Latin1.GetString(taken);
    }

    /// <summary>Takes the connection over with TLS.</summary>
    public async Task<SslStream> SecureAsync(X509Certificate2 certificate)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await tls.AuthenticateAsServerAsync(certificate);
        return tls;
    }

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await socket.SendAsync(bytes, stop);

    /// <summary>Keeps the connection open until the test ends.</summary>
    public Task HoldAsync() => Task.Delay(Timeout.Infinite, stop);

    /// <summary>Waits until the other side closes.</summary>
    public async Task WaitClosedAsync()
    {
        while (await ReceiveAsync())
        {
            _received = [];
        }
    }

    /// <summary>Ends the connection as a crash would.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        var buffer = new byte[65_536];
        try
        {
            var count = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            _received = [.. _received, .. buffer.AsSpan(0, count)];
            return count > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
