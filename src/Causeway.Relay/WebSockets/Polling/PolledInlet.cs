using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>Receives the backend's bytes on the loop's thread; while nothing moves it holds no buffer.</summary>
internal sealed class PolledInlet : Inlet
{
    private readonly Socket _socket;
    private readonly PolledSocket _polled;
    private byte[]? _held;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isPrimed;
    private bool _mayHaveMore;
    private bool _hasEnded;

    /// <param name="socket">Connected and non-blocking.</param>
    /// <param name="polled">Says when there is something to receive.</param>
    /// <param name="early">What came behind the backend's handshake.</param>
    public PolledInlet(Socket socket, PolledSocket polled, ReadOnlySpan<byte> early)
    {
        (_socket, _polled) = (socket, polled);
        if (!early.IsEmpty)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
            early.CopyTo(_buffer);
            _end = early.Length;
            _isPrimed = true;
        }
    }

    public override ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(_start, _end - _start);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitAsync()
    {
        if (_isPrimed)
        {
            _isPrimed = false;
            return true;
        }

        PutAside();
        while (!_hasEnded)
        {
            await _polled.WaitReadableAsync().ConfigureAwait(false);
            TakeUp();
            if (Receive())
            {
                return true;
            }

            PutAside();
        }

        return false;
    }

    public override bool Advance(int count)
    {
        _start += count;
        return _mayHaveMore && !_hasEnded && Receive();
    }

    public override void Cancel() => _socket.Dispose();

    public override void Dispose() => ReturnBuffer();

    /// <summary>Takes what is there now. By the rules of edge-triggered polling, only a read that fills its buffer may have left something.</summary>
    private bool Receive()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var room = _buffer.AsSpan(_end, MaxBytes - _end);
        try
        {
            var read = _socket.Receive(room, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                throw new IOException("The backend's connection is broken.", new SocketException((int)error));
            }

            _hasEnded = read == 0 && error is SocketError.Success;
            _mayHaveMore = read > 0 && (read == room.Length || _polled.HasPeerEnded);
            _end += read;
            return read > 0;
        }
        catch (ObjectDisposedException exception)
        {
            throw new IOException("The backend's connection is broken.", exception);
        }
    }

    private void PutAside()
    {
        var held = _end - _start;
        if (held > 0)
        {
            _held ??= new byte[FrameTracker.MaxHeldBytes];
            _buffer.AsSpan(_start, held).CopyTo(_held);
        }

        (_start, _end) = (0, held);
        ReturnBuffer();
    }

    private void TakeUp()
    {
        _buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        _held.AsSpan(0, _end).CopyTo(_buffer);
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
