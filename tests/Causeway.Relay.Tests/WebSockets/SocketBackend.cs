using System.Net;
using System.Net.Sockets;
using Causeway.Testing;
using Causeway.WebSockets;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>A backend without rules: it accepts connections, and the test says what they do.</summary>
internal sealed class SocketBackend : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SocketBackend() => _listener.Start();

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Whether somebody connected and was not accepted yet.</summary>
    public bool HasCaller => _listener.Pending();

    /// <summary>The next connection with the request it brought.</summary>
    public async Task<SocketPeer> AcceptAsync()
    {
        var socket = await _listener.AcceptSocketAsync().Within();
        socket.NoDelay = true;
        var connection = RawConnection.Of(socket);
        var requestLine = await connection.ReadLineAsync() ?? throw new EndOfStreamException("No request.");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await connection.ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        return new SocketPeer(connection, requestLine, headers);
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>The backend's end of one connection.</summary>
internal sealed class SocketPeer(RawConnection connection, string requestLine, IReadOnlyDictionary<string, string> headers) : IDisposable
{
    public RawConnection Connection { get; } = connection;

    public string RequestLine { get; } = requestLine;

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Answers as a proper backend, with more header lines and bytes behind them where wanted.</summary>
    public Task SwitchAsync(string lines = "", byte[]? early = null)
    {
        var head = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {WebSocketHandshake.AcceptFor(Header("Sec-WebSocket-Key")!)}\r\n{lines}\r\n";
        return Connection.SendAsync((byte[])[.. System.Text.Encoding.ASCII.GetBytes(head), .. early ?? []]);
    }

    /// <summary>Whether the relay has ended the connection, with an end or a reset, and nothing came before.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            return !await Connection.AnyAsync();
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Sends a frame as a server does: unmasked.</summary>
    public Task SendAsync(WireFrame frame) => Connection.SendAsync((frame with { Mask = null }).Encode());

    /// <summary>The next frame, unmasked; null at the end. A frame without a mask fails the test.</summary>
    public async Task<WireFrame?> ReadFrameAsync()
    {
        if (!await Connection.AnyAsync())
        {
            return null;
        }

        var head = await Connection.ReadExactlyAsync(2);
        Assert.Equal(0x80, head[1] & 0x80);
        var length = head[1] & 0x7F;
        if (length >= 126)
        {
            var bytes = await Connection.ReadExactlyAsync(length == 126 ? 2 : 8);
            length = bytes.Aggregate(0, static (sum, b) => (sum << 8) | b);
        }

        var mask = await Connection.ReadExactlyAsync(4);
        var payload = await Connection.ReadExactlyAsync(length);
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= mask[i % 4];
        }

        return new WireFrame((WireOpcode)(head[0] & 0x0F), payload) { Fin = (head[0] & 0x80) != 0, Rsv = (byte)((head[0] >> 4) & 7), Mask = mask };
    }

    public void Dispose() => Connection.Dispose();
}
