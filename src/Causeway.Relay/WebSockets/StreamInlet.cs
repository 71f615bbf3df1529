using System.Buffers;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Reads from a stream: a backend's TLS, or a client over HTTP/2.</summary>
internal sealed class StreamInlet : Inlet
{
    private readonly Stream _stream;
    private readonly CancellationTokenSource _cancelled = new();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isPrimed;

    /// <param name="stream">Open.</param>
    /// <param name="early">What came behind the handshake already.</param>
    public StreamInlet(Stream stream, ReadOnlySpan<byte> early)
    {
        _stream = stream;
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

        try
        {
            var token = _cancelled.Token;
            if (_start == _end)
            {
                ReturnBuffer();

                // A read of nothing waits without a buffer.
                _ = await _stream.ReadAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
            }

            _buffer ??= ArrayPool<byte>.Shared.Rent(MaxBytes);
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), token).ConfigureAwait(false);
            _end += read;
            return read > 0;
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception) when (exception is not IOException)
        {
            throw new IOException("The connection is broken.", exception);
        }
    }

    public override bool Advance(int count)
    {
        _start += count;
        return false;
    }

    public override void Cancel() => _cancelled.Cancel();

    public override void Dispose() => ReturnBuffer();

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            (_buffer, _start, _end) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
