using System.Security.Cryptography;
using System.Text;
using Causeway.Bench.Load;
using Causeway.Bench.Native;

namespace Causeway.Bench.Peers;

/// <summary>One connection of the floor server: a request, then frames; a backlog only where the socket did not take all.</summary>
internal sealed class FloorConnection(FloorServer server, int descriptor)
{
    /// <summary>An echoed message larger than this is not kept until it is whole.</summary>
    private const int LargePayload = 4096;

    private static readonly byte[] SmallAnswer = AnswerOf(1024);
    private static readonly byte[] LargeAnswer = AnswerOf(1024 * 1024);

    private byte[] _rest = [];
    private byte[] _backlog = [];
    private Purpose _purpose;
    private int _streamedLeft;
    private int _streamedOffset;
    private uint _streamedMask;

    private enum Purpose
    {
        Unknown,
        Subscribe,
        Publish,
        Echo,
        Stream,
        FetchSmall,
        FetchLarge,
    }

    public int Descriptor { get; } = descriptor;

    public bool IsBroken { get; private set; }

    public bool IsStream => _purpose == Purpose.Stream;

    public int BacklogBytes => _backlog.Length;

    public void Read(Span<byte> buffer)
    {
        _rest.CopyTo(buffer);
        var read = Sockets.Receive(Descriptor, buffer[_rest.Length..]);
        if (read <= 0)
        {
            IsBroken |= read != -1;
            return;
        }

        var bytes = buffer[..(_rest.Length + read)];
        var left = _purpose is Purpose.Unknown or Purpose.FetchSmall or Purpose.FetchLarge ? ReadRequest(bytes) : ReadFrames(bytes);
        _rest = left.IsEmpty ? [] : left.ToArray();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_backlog.Length == 0)
        {
            var sent = Sockets.Send(Descriptor, bytes);
            if (sent == bytes.Length)
            {
                return;
            }

            IsBroken |= sent == -2;
            if (IsBroken)
            {
                return;
            }

            bytes = bytes[Math.Max(sent, 0)..];
            server.Watch(this, writable: true);
        }

        _backlog = [.. _backlog, .. bytes];
    }

    public void Flush()
    {
        var waiting = _backlog;
        _backlog = [];
        server.Watch(this, writable: false);
        Send(waiting);
    }

    private Span<byte> ReadRequest(Span<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes;
        }

        var head = Encoding.ASCII.GetString(bytes[..end]);
        _purpose = head.Split(' ')[1] switch
        {
            "/bench/echo" => Purpose.Echo,
            "/bench/1k" => Purpose.FetchSmall,
            "/bench/1m" => Purpose.FetchLarge,
            "/pub" => Purpose.Publish,
            "/echo" => Purpose.Echo,
            "/sse" => Purpose.Stream,
            _ => Purpose.Subscribe,
        };
        if (_purpose is Purpose.FetchSmall or Purpose.FetchLarge)
        {
            Send(_purpose == Purpose.FetchSmall ? SmallAnswer : LargeAnswer);
            return ReadRequest(bytes[(end + 4)..]);
        }

        if (IsStream)
        {
            Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n"u8);
        }
        else
        {
            var start = head.IndexOf("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase) + 19;
            Send(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
                $"Sec-WebSocket-Accept: {Accept(head.AsSpan(start, 24))}\r\n\r\n"));
        }

        if (_purpose is Purpose.Subscribe or Purpose.Stream)
        {
            server.Subscribe(this);
        }

        return ReadFrames(bytes[(end + 4)..]);
    }

    private Span<byte> ReadFrames(Span<byte> bytes)
    {
        bytes = Stream(bytes);
        while (WireFrame.TryRead(bytes, out var frame) && (bytes.Length >= frame.Length || IsLargeEcho(frame)))
        {
            if (bytes.Length < frame.Length)
            {
                Span<byte> head = stackalloc byte[14];
                Send(head[..WireFrame.WriteHeader(head, WireFrame.Text, frame.PayloadLength)]);
                (_streamedLeft, _streamedOffset, _streamedMask) = (frame.PayloadLength, 0, frame.Mask);
                return Stream(bytes[frame.HeaderLength..]);
            }

            var payload = bytes.Slice(frame.HeaderLength, frame.PayloadLength);
            bytes = bytes[frame.Length..];
            WireFrame.Unmask(payload, frame.Mask);
            if (frame.Opcode == WireFrame.Close)
            {
                IsBroken = true;
                return [];
            }

            if (frame.IsData && _purpose == Purpose.Publish)
            {
                server.Publish(payload);
            }
            else if (frame.IsData && _purpose == Purpose.Echo)
            {
                Answer(payload);
            }
        }

        return bytes;
    }

    private bool IsLargeEcho(in WireFrame frame) => _purpose == Purpose.Echo && frame.IsData && frame.PayloadLength > LargePayload;

    /// <summary>Sends back what is there of a large message, and returns what is behind it.</summary>
    private Span<byte> Stream(Span<byte> bytes)
    {
        var piece = bytes[..Math.Min(_streamedLeft, bytes.Length)];
        if (!piece.IsEmpty)
        {
            WireFrame.Unmask(piece, uint.RotateRight(_streamedMask, 8 * (_streamedOffset & 3)));
            _streamedOffset += piece.Length;
            _streamedLeft -= piece.Length;
            Send(piece);
        }

        return bytes[piece.Length..];
    }

    private static byte[] AnswerOf(int bytes)
    {
        var answer = new byte[bytes + 200];
        answer.AsSpan().Fill((byte)'x');
        var length = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\nContent-Length: {bytes}\r\n\r\n", answer);
        return answer[..(length + bytes)];
    }

    private void Answer(ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[payload.Length + 14];
        Send(frame[..WireFrame.Write(frame, WireFrame.Text, payload, masked: false)]);
    }

    // SHA-1 is what RFC 6455 asks for; nothing is secured by it.
    private static string Accept(ReadOnlySpan<char> key)
    {
        Span<byte> text = stackalloc byte[60];
        Encoding.ASCII.GetBytes(key, text);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(text[24..]);
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(text));
#pragma warning restore CA5350
    }
}
