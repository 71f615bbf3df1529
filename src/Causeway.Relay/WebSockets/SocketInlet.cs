using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Receives the backend's bytes: into a small buffer of its own, and into a large rented one once that is full.</summary>
internal sealed class SocketInlet : Inlet
{
    private const int SmallBytes = 2048;

    private readonly Socket _socket;
    private readonly byte[] _small = GC.AllocateUninitializedArray<byte>(SmallBytes);
    private byte[]? _large;
    private int _start;
    private int _end;
    private bool _isPrimed;
    private bool _mayHaveMore;
    private bool _hasEnded;

    /// <param name="socket">Connected and non-blocking.</param>
    /// <param name="early">What came behind the backend's handshake.</param>
    public SocketInlet(Socket socket, ReadOnlySpan<byte> early)
    {
        _socket = socket;
        if (early.Length > SmallBytes)
        {
            _large = ArrayPool<byte>.Shared.Rent(MaxBytes);
        }

        early.CopyTo(Buffer);
        _end = early.Length;
        _isPrimed = _end > 0;
    }

    public override ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(_start, _end - _start);

    private byte[] Buffer => _large ?? _small;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitAsync()
    {
        if (_isPrimed)
        {
            _isPrimed = false;
            return true;
        }

        if (_hasEnded)
        {
            return false;
        }

        MoveToSmall();
        try
        {
            var read = await _socket.ReceiveAsync(_small.AsMemory(_end), SocketFlags.None).ConfigureAwait(false);
            _hasEnded = read == 0;
            _end += read;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw new IOException("The backend's connection is broken.", exception);
        }

        if (_end == SmallBytes)
        {
            _large = ArrayPool<byte>.Shared.Rent(MaxBytes);
            _small.AsSpan(0, _end).CopyTo(_large);
            Receive();
        }

        return !_hasEnded || _end > _start;
    }

    public override bool Advance(int count)
    {
        _start += count;
        if (!_mayHaveMore || _hasEnded)
        {
            return false;
        }

        var held = _end - _start;
        Buffer.AsSpan(_start, held).CopyTo(Buffer);
        (_start, _end) = (0, held);
        Receive();
        return _end > held;
    }

    public override void Cancel() => _socket.Dispose();

    public override void Dispose() => ReturnLarge();

    /// <summary>Takes what is there now, without waiting.</summary>
    private void Receive()
    {
        var room = Buffer.AsSpan(_end, MaxBytes - _end);
        try
        {
            var read = _socket.Receive(room, SocketFlags.None, out var error);
            _mayHaveMore = read == room.Length;
            _hasEnded = error is SocketError.Success && read == 0;
            _end += read;
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                throw new IOException("The backend's connection is broken.", new SocketException((int)error));
            }
        }
        catch (ObjectDisposedException exception)
        {
            throw new IOException("The backend's connection is broken.", exception);
        }
    }

    private void MoveToSmall()
    {
        var held = _end - _start;
        Buffer.AsSpan(_start, held).CopyTo(_small);
        (_start, _end) = (0, held);
        ReturnLarge();
    }

    private void ReturnLarge()
    {
        if (_large is { } large)
        {
            _large = null;
            _mayHaveMore = false;
            ArrayPool<byte>.Shared.Return(large);
        }
    }
}
