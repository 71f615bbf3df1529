using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Causeway.Testing;

/// <summary>What a client says in its opening handshake.</summary>
public sealed record RawHandshake
{
    /// <summary>Header lines besides the four that every upgrade needs; a name given here replaces such a one, an empty value leaves it out.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The subprotocols to offer.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The extensions to offer, such as <c>permessage-deflate</c>; null for none.</summary>
    public string? Extensions { get; init; }

    /// <summary>The method; anything but GET must be refused.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The kernel's receive buffer; null for the system's.</summary>
    public int? ReceiveBufferBytes { get; init; }
}

/// <summary>The server answered an upgrade with something other than 101.</summary>
public sealed class UpgradeRefusedException(HttpAnswer answer)
    : Exception($"The upgrade was refused with {answer.Status}: {answer.Text}")
{
    /// <summary>The refusal.</summary>
    public HttpAnswer Answer { get; } = answer;
}

/// <summary>A WebSocket client that does exactly what the test says, rules or no rules.</summary>
/// <remarks>Nothing is read unless a read method is called, and nothing is answered by itself.</remarks>
public sealed class RawWebSocket : IDisposable
{
    private RawWebSocket(RawConnection connection, HttpAnswer answer) => (Connection, Answer) = (connection, answer);

    /// <summary>The TCP connection below.</summary>
    public RawConnection Connection { get; }

    /// <summary>The server's 101.</summary>
    public HttpAnswer Answer { get; }

    /// <summary>Connects and upgrades.</summary>
    /// <exception cref="UpgradeRefusedException">The server said no.</exception>
    public static async Task<RawWebSocket> ConnectAsync(Uri uri, RawHandshake? handshake = null)
    {
        handshake ??= new RawHandshake();
        var connection = await RawConnection.OpenAsync(uri, handshake.ReceiveBufferBytes).ConfigureAwait(false);
        try
        {
            var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            await connection.SendAsync(Request(uri, handshake, key)).ConfigureAwait(false);
            var answer = await HttpAnswer.ReadHeadAsync(connection).ConfigureAwait(false);
            if (answer.Status != 101)
            {
                throw new UpgradeRefusedException(answer with { Body = await HttpAnswer.ReadBodyAsync(connection, answer).ConfigureAwait(false) });
            }

            if (answer.Header("Sec-WebSocket-Accept") != AcceptOf(key) && !handshake.Headers.ContainsKey("Sec-WebSocket-Key"))
            {
                throw new InvalidDataException($"Wrong Sec-WebSocket-Accept: {answer.Header("Sec-WebSocket-Accept")}");
            }

            return new RawWebSocket(connection, answer);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Tries to upgrade and returns the server's answer, whatever it is; the connection is dropped.</summary>
    public static async Task<HttpAnswer> TryUpgradeAsync(Uri uri, RawHandshake? handshake = null)
    {
        try
        {
            using var socket = await ConnectAsync(uri, handshake).ConfigureAwait(false);
            return socket.Answer;
        }
        catch (UpgradeRefusedException refused)
        {
            return refused.Answer;
        }
    }

    /// <summary>Sends one frame, valid or not.</summary>
    public Task SendAsync(WireFrame frame) => Connection.SendAsync(frame.Encode());

    /// <summary>Sends a text message in one frame.</summary>
    public Task SendTextAsync(string text) => SendAsync(WireFrame.OfText(text));

    /// <summary>Reads the next frame; null when the peer closed its side.</summary>
    public async Task<WireFrame?> ReadFrameAsync()
    {
        if (!await Connection.AnyAsync().ConfigureAwait(false))
        {
            return null;
        }

        var head = await Connection.ReadExactlyAsync(2).ConfigureAwait(false);
        ulong length = (byte)(head[1] & 0x7f);
        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await Connection.ReadExactlyAsync(2).ConfigureAwait(false)),
            127 => BinaryPrimitives.ReadUInt64BigEndian(await Connection.ReadExactlyAsync(8).ConfigureAwait(false)),
            _ => length,
        };
        if ((head[1] & 0x80) != 0)
        {
            throw new InvalidDataException("A server must not mask its frames.");
        }

        var payload = await Connection.ReadExactlyAsync(checked((int)length)).ConfigureAwait(false);
        return new WireFrame((WireOpcode)(head[0] & 0x0f), payload) { Fin = (head[0] & 0x80) != 0, Rsv = (byte)((head[0] >> 4) & 7), Mask = null };
    }

    /// <summary>Reads the next text message, inflated where it is compressed; pings and pongs on the way are skipped. Null when the peer closed.</summary>
    public async Task<string?> ReadTextAsync()
    {
        while (await ReadFrameAsync().ConfigureAwait(false) is { } frame)
        {
            switch (frame.Opcode)
            {
                case WireOpcode.Text:
                    return await RestOfMessageAsync(frame).ConfigureAwait(false);
                case WireOpcode.Close:
                    throw new InvalidDataException($"Closed while a message was expected: {WireClose.Of(frame)}");
                default:
                    continue;
            }
        }

        return null;
    }

    /// <summary>Skips everything until the connection ends, and says how it did. Answers a close frame so that the server can end the connection.</summary>
    public async Task<WireClose> ReadCloseAsync()
    {
        try
        {
            while (await ReadFrameAsync().ConfigureAwait(false) is { } frame)
            {
                if (frame.Opcode == WireOpcode.Close)
                {
                    return await AnswerCloseAsync(frame).ConfigureAwait(false);
                }
            }
        }
        catch (Exception broken) when (broken is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // A reset is how a server ends what it can't close.
        }

        return WireClose.Broken;
    }

    /// <summary>The orderly end: sends a close frame and waits for the answer and the end of the stream.</summary>
    public async Task<WireClose> CloseAsync(ushort code = 1000, string reason = "")
    {
        await SendAsync(WireFrame.OfClose(code, reason)).ConfigureAwait(false);
        return await ReadCloseAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();

    /// <summary>Answers a close frame as a well-behaved peer does, and says what it said.</summary>
    public async Task<WireClose> AnswerCloseAsync(WireFrame close)
    {
        try
        {
            await SendAsync(close with { Mask = [1, 2, 3, 4] }).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The server did not wait for the answer, as it may after a protocol error.
        }

        return WireClose.Of(close);
    }

    internal async Task<string> RestOfMessageAsync(WireFrame first)
    {
        var whole = first;
        while (!whole.Fin)
        {
            var next = await ReadFrameAsync().ConfigureAwait(false) ?? throw new EndOfStreamException("The peer closed within a message.");
            whole = next.Opcode == WireOpcode.Continuation ? whole with { Fin = next.Fin, Payload = [.. whole.Payload, .. next.Payload] } : whole;
        }

        return Encoding.UTF8.GetString((whole.Rsv & 4) != 0 ? whole.Inflate() : whole.Payload);
    }

    private static string AcceptOf(string key)
    {
#pragma warning disable CA5350 // RFC 6455 §4.2.2 demands SHA-1.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private static string Request(Uri uri, RawHandshake handshake, string key)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Host"] = string.Create(CultureInfo.InvariantCulture, $"{uri.Host}:{uri.Port}"),
            ["Upgrade"] = "websocket",
            ["Connection"] = "Upgrade",
            ["Sec-WebSocket-Key"] = key,
            ["Sec-WebSocket-Version"] = "13",
        };
        if (handshake.Protocols.Count > 0)
        {
            headers["Sec-WebSocket-Protocol"] = string.Join(", ", handshake.Protocols);
        }

        if (handshake.Extensions is { } extensions)
        {
            headers["Sec-WebSocket-Extensions"] = extensions;
        }

        foreach (var (name, value) in handshake.Headers)
        {
            headers[name] = value;
        }

        var request = new StringBuilder($"{handshake.Method} {uri.PathAndQuery} HTTP/1.1\r\n");
        foreach (var (name, value) in headers.Where(static header => header.Value.Length > 0))
        {
            request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return request.Append("\r\n").ToString();
    }
}
