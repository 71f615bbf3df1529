using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Causeway.WebSockets;

/// <summary>Turns one connection's received bytes into messages and control frames, strictly by RFC 6455.</summary>
/// <remarks>
/// Receive into <see cref="GetBuffer"/>, say how much came with <see cref="Advance"/>, then call <see cref="TryRead"/> until it wants more.
/// A whole message is a slice of the receive buffer, which exists only while something partial is kept. Not for concurrent use.
/// </remarks>
public sealed class MessageReader : IDisposable
{
    private const int InitialCapacity = 4096;

    private readonly int _maxMessageBytes;
    private readonly int _maxCompressedBytes;
    private readonly bool _deflate;
    private readonly bool _expectMasked;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private JoinedMessage _joined;
    private byte[]? _lent;
    private bool _closed;
    private bool _disposed;

    /// <summary>Makes a reader that holds nothing yet.</summary>
    /// <param name="maxMessageBytes">The most bytes of a message, joined and inflated; at least 1.</param>
    /// <param name="deflate">permessage-deflate without context take-over was negotiated.</param>
    /// <param name="expectMasked">The peer is a client.</param>
    public MessageReader(int maxMessageBytes, bool deflate = false, bool expectMasked = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxMessageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxMessageBytes, 1 << 30);
        _maxMessageBytes = maxMessageBytes;
        _deflate = deflate;
        _expectMasked = expectMasked;

        // What can't be compressed grows on the wire, by an eighth where a fast deflater uses the fixed codes (9 bits at most); such a message
        // must not fail for its packing.
        _maxCompressedBytes = maxMessageBytes + (maxMessageBytes >> 3) + 64;
    }

    /// <summary>Why reading ended; null while it has not.</summary>
    public WebSocketFailure? Failure { get; private set; }

    /// <summary>The bytes of buffers held now.</summary>
    internal int BytesHeld => (_buffer?.Length ?? 0) + (_lent?.Length ?? 0) + _joined.Capacity;

    private int MaxCapacity => FrameHeader.MaxLength + Math.Max(125, _deflate ? _maxCompressedBytes : _maxMessageBytes);

    private int Capacity => Math.Min(_buffer!.Length, MaxCapacity);

    /// <summary>Room for at least one more byte. Ends the life of the last message's payload.</summary>
    /// <exception cref="InvalidOperationException">A whole frame waits to be read.</exception>
    public Memory<byte> GetBuffer()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(InitialCapacity, MaxCapacity));
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == Capacity)
        {
            Grow();
        }

        return _buffer.AsMemory(_end, Capacity - _end);
    }

    /// <summary>Says how many bytes were put into the buffer.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer is null ? 0 : Capacity - _end);
        _end += count;
    }

    /// <summary>Reads the next message or control frame. After a close frame whatever follows is dropped.</summary>
    public ReadStatus TryRead(out ReceivedMessage message)
    {
        message = default;
        ReturnLent();
        if (_closed || Failure is not null)
        {
            _start = _end = 0;
            return Failure is null ? ReadStatus.NeedMore : ReadStatus.Failed;
        }

        while (true)
        {
            var bytes = _buffer.AsSpan(_start, _end - _start);
            var rules = new FrameRules(
                _deflate, _expectMasked, _joined.IsOpen, _maxMessageBytes, _maxCompressedBytes, MaxOf(_joined.IsCompressed) - _joined.Length);
            var status = FrameHeader.TryRead(bytes, rules, out var header, out var failure);
            if (status is ReadStatus.Failed)
            {
                return Fail(failure!);
            }

            if (status is ReadStatus.NeedMore || bytes.Length < header.Length + header.PayloadLength)
            {
                return ReadStatus.NeedMore;
            }

            var payload = _buffer.AsMemory(_start + header.Length, header.PayloadLength);
            if (_expectMasked)
            {
                Masking.Apply(payload.Span, bytes.Slice(header.Length - Masking.KeyLength, Masking.KeyLength));
            }

            _start += header.Length + header.PayloadLength;
            if (_start == _end)
            {
                _start = _end = 0;
            }

            if (header.IsControl)
            {
                return header.Opcode is Opcode.Close ? ReadClose(payload, out message) : Deliver(new(header.Opcode, payload, 0, ""), out message);
            }

            if (!_joined.IsOpen && header.IsFinal)
            {
                return ReadData(header.Opcode, payload, header.IsCompressed, out message);
            }

            if (!_joined.IsOpen)
            {
                _joined.Begin(header.Opcode, header.IsCompressed);
            }

            _joined.Append(payload.Span, MaxOf(_joined.IsCompressed));
            if (header.IsFinal)
            {
                var (kind, isCompressed) = (_joined.Kind, _joined.IsCompressed);
                _lent = _joined.End(out var whole);
                return ReadData(kind, whole, isCompressed, out message);
            }
        }
    }

    /// <summary>Gives the buffers back to the pool where nothing partial is in them. Ends the life of the last message's payload.</summary>
    public void ReleaseIfIdle()
    {
        ReturnLent();
        if (_buffer is not null && _start == _end)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _start = _end = 0;
        }
    }

    /// <summary>Gives all buffers back.</summary>
    public void Dispose()
    {
        _disposed = true;
        _start = _end = 0;
        _joined.Discard();
        ReleaseIfIdle();
    }

    private static ReadStatus Deliver(ReceivedMessage read, out ReceivedMessage message)
    {
        message = read;
        return ReadStatus.Message;
    }

    private ReadStatus ReadData(Opcode kind, ReadOnlyMemory<byte> payload, bool isCompressed, out ReceivedMessage message)
    {
        message = default;
        if (isCompressed)
        {
            var failure = Inflation.TryInflate(payload, _maxMessageBytes, out var inflated, out var length);
            if (failure is not null)
            {
                return Fail(failure);
            }

            ReturnLent();
            _lent = inflated;
            payload = inflated.AsMemory(0, length);
        }

        return kind is Opcode.Text && !Utf8.IsValid(payload.Span)
            ? Fail(Failures.TextNotUtf8)
            : Deliver(new(kind, payload, 0, ""), out message);
    }

    private ReadStatus ReadClose(ReadOnlyMemory<byte> payload, out ReceivedMessage message)
    {
        message = default;
        if (payload.IsEmpty)
        {
            _closed = true;
            return Deliver(new(Opcode.Close, payload, CloseCodes.None, ""), out message);
        }

        if (payload.Length < 2)
        {
            return Fail(Failures.ClosePayload);
        }

        var code = BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
        if (!CloseCodes.IsAllowedOnWire(code))
        {
            return Fail(Failures.CloseCode);
        }

        if (!Utf8.IsValid(payload.Span[2..]))
        {
            return Fail(Failures.CloseReasonNotUtf8);
        }

        _closed = true;
        return Deliver(new(Opcode.Close, payload, code, Encoding.UTF8.GetString(payload.Span[2..])), out message);
    }

    private ReadStatus Fail(WebSocketFailure failure)
    {
        Failure = failure;
        _start = _end = 0;
        _joined.Discard();
        ReleaseIfIdle();
        return ReadStatus.Failed;
    }

    /// <summary>Doubles the buffer: it is full of bytes really received, so a peer can't make us reserve what it only announces.</summary>
    private void Grow()
    {
        if (Capacity == MaxCapacity)
        {
            throw new InvalidOperationException("The buffer holds a whole frame: call TryRead until it wants more.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Capacity * 2, MaxCapacity));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer!);
        _buffer = larger;
    }

    private void ReturnLent()
    {
        if (_lent is not null)
        {
            ArrayPool<byte>.Shared.Return(_lent);
            _lent = null;
        }
    }

    private int MaxOf(bool isCompressed) => isCompressed ? _maxCompressedBytes : _maxMessageBytes;
}
