using System.Text;
using Causeway.Bench.Native;
using Causeway.Bench.Protocols;

namespace Causeway.Bench.Load;

/// <summary>What a connection is for; peers serve each at a path or by a message of their own.</summary>
internal enum Role
{
    Subscriber,
    Publisher,
    Echo,
    EventStream,
    Idle,

    /// <summary>Plain requests on a connection that stays.</summary>
    Fetch,
}

internal enum ClientState
{
    Connecting,
    Upgrading,
    Opening,
    Ready,
    Closed,
}

/// <summary>One client connection: TCP, the HTTP handshake, the peer's own opening words, then frames or events.</summary>
internal sealed class LoadClient(LoadGenerator generator, PeerProtocol protocol, int fd, long index, Role role)
{
    private const int LargePayload = 16_384;

    private byte[] _rest = [];
    private int _restLength;
    private byte[] _unsent = [];
    private int _unsentLength;
    private MarkScanner _marks;
    private ChunkReader _chunks;
    private bool _chunked;
    private AnswerReader _answers;
    private int _payloadLeft;

    public int Fd { get; } = fd;

    public PeerProtocol Protocol => protocol;

    public long Index { get; } = index;

    public Role Role { get; } = role;

    public ClientState State { get; private set; }

    /// <summary>Not read by epoll any more: a reader that is slow on purpose, or stuck.</summary>
    public bool Paused { get; set; }

    /// <summary>The number of the message that should come next.</summary>
    public long NextSequence { get; set; }

    public long SentAt { get; set; }

    public string? Failure { get; private set; }

    /// <summary>The peer's opening words are exchanged: the connection may be used.</summary>
    public void BecomeReady()
    {
        if (State != ClientState.Ready)
        {
            State = ClientState.Ready;
            generator.OnReady();
        }
    }

    /// <summary>Starts another exchange of opening words, such as a join, after which <see cref="BecomeReady"/> is due again.</summary>
    public void Reopen() => State = ClientState.Opening;

    public void OnWritable()
    {
        if (State == ClientState.Connecting)
        {
            if (Sockets.PendingError(Fd) is var error and not 0)
            {
                Fail($"connect failed, errno {error}");
                return;
            }

            generator.Watch(this, Epoll.In);
            if (Role == Role.Fetch)
            {
                BecomeReady();
                return;
            }

            State = ClientState.Upgrading;
            SendRaw(Encoding.ASCII.GetBytes(protocol.Request(Role)));
        }
        else if (_unsentLength > 0)
        {
            var waiting = _unsentLength;
            _unsentLength = 0;
            generator.Watch(this, Epoll.In);
            SendRaw(_unsent.AsSpan(0, waiting));
        }
    }

    public void OnReadable(Span<byte> buffer, Traffic? traffic)
    {
        _rest.AsSpan(0, _restLength).CopyTo(buffer);
        var read = Sockets.Receive(Fd, buffer[_restLength..]);
        if (read <= 0)
        {
            if (read != -1)
            {
                Fail(read == 0 ? "closed by the server" : "reset by the server");
            }

            return;
        }

        var now = System.Diagnostics.Stopwatch.GetTimestamp();
        Span<byte> all = buffer[..(_restLength + read)];
        _restLength = 0;
        var used = State == ClientState.Upgrading ? ReadHandshake(all) : 0;
        if (State is ClientState.Upgrading or ClientState.Closed)
        {
            Keep(all[used..]);
            return;
        }

        if (Role == Role.Fetch)
        {
            ReadAnswers(all, traffic, now);
        }
        else if (Role == Role.EventStream)
        {
            ReadEvents(all[used..], traffic, now);
        }
        else
        {
            Keep(ReadFrames(all[used..], traffic, now));
        }
    }

    /// <summary>Sends one text message in a masked frame.</summary>
    public void SendText(ReadOnlySpan<byte> text) => SendFrame(WireFrame.Text, text);

    /// <summary>Sends bytes as they are; what the socket does not take waits here.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        if (State == ClientState.Closed)
        {
            return;
        }

        if (_unsentLength == 0)
        {
            var sent = Sockets.Send(Fd, bytes);
            if (sent == -2)
            {
                Fail("send failed");
                return;
            }

            bytes = bytes[Math.Max(sent, 0)..];
            if (bytes.IsEmpty)
            {
                return;
            }

            generator.Watch(this, Epoll.In | Epoll.Out);
        }

        if (_unsent.Length < _unsentLength + bytes.Length)
        {
            Array.Resize(ref _unsent, Math.Max(4096, 2 * (_unsentLength + bytes.Length)));
        }

        bytes.CopyTo(_unsent.AsSpan(_unsentLength));
        _unsentLength += bytes.Length;
    }

    public void Fail(string reason)
    {
        if (State == ClientState.Closed)
        {
            return;
        }

        Failure = reason;
        State = ClientState.Closed;
        Sockets.Reset(Fd);
        generator.OnClosed(this);
    }

    private int ReadHandshake(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return 0;
        }

        var head = Encoding.ASCII.GetString(bytes[..end]);
        var wanted = Role == Role.EventStream ? " 200 " : " 101 ";
        if (!head.Split('\r', 2)[0].Contains(wanted, StringComparison.Ordinal))
        {
            Fail("refused: " + Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 600)]));
            return 0;
        }

        _chunked = head.Contains("chunked", StringComparison.OrdinalIgnoreCase);
        State = ClientState.Opening;
        protocol.Opened(this);
        return end + 4;
    }

    private void ReadEvents(ReadOnlySpan<byte> bytes, Traffic? traffic, long now)
    {
        if (!_chunked)
        {
            ReadContent(bytes, traffic, now);
            return;
        }

        while (_chunks.Next(ref bytes) is { IsEmpty: false } piece)
        {
            ReadContent(piece, traffic, now);
        }
    }

    private void ReadAnswers(ReadOnlySpan<byte> bytes, Traffic? traffic, long now)
    {
        while (_answers.Take(ref bytes))
        {
            traffic?.OnMark(this, NextSequence, now);
        }
    }

    private Span<byte> ReadFrames(Span<byte> bytes, Traffic? traffic, long now)
    {
        var piece = bytes[..Math.Min(_payloadLeft, bytes.Length)];
        if (!piece.IsEmpty)
        {
            _payloadLeft -= piece.Length;
            bytes = bytes[piece.Length..];
            ReadContent(piece, traffic, now);
        }

        while (WireFrame.TryRead(bytes, out var frame) && (bytes.Length >= frame.Length || frame.PayloadLength > LargePayload))
        {
            if (bytes.Length < frame.Length)
            {
                // Too large to be kept until it is whole.
                _payloadLeft = frame.Length - bytes.Length;
                ReadContent(bytes[frame.HeaderLength..], traffic, now);
                return [];
            }

            var payload = bytes.Slice(frame.HeaderLength, frame.PayloadLength);
            bytes = bytes[frame.Length..];
            if (frame.IsData)
            {
                ReadContent(payload, traffic, now);
            }
            else if (frame.Opcode == WireFrame.Ping)
            {
                SendFrame(WireFrame.Pong, payload);
            }
            else if (frame.Opcode == WireFrame.Close)
            {
                var code = payload.Length >= 2 ? (payload[0] << 8) | payload[1] : 1005;
                Fail($"closed by the server, code {code}");
            }

            if (State == ClientState.Closed)
            {
                return [];
            }
        }

        return bytes;
    }

    private void ReadContent(ReadOnlySpan<byte> content, Traffic? traffic, long now)
    {
        if (State == ClientState.Opening)
        {
            protocol.Received(this, content);
        }
        else if (traffic is not null)
        {
            _marks.Scan(content, this, traffic, now);
        }
    }

    private void SendFrame(byte opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = payload.Length < 8_000 ? stackalloc byte[payload.Length + 14] : new byte[payload.Length + 14];
        SendRaw(frame[..WireFrame.Write(frame, opcode, payload, masked: true)]);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return;
        }

        if (_rest.Length < rest.Length)
        {
            _rest = new byte[rest.Length * 2];
        }

        rest.CopyTo(_rest);
        _restLength = rest.Length;
    }
}
