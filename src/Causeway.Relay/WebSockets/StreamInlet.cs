using System.Buffers;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Reads a backend's bytes from TLS.</summary>
internal sealed class StreamInlet : Inlet
{
    private readonly Stream _stream;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isPrimed;

    /// <param name="stream">Open.</param>
    /// <param name="early">What came behind the backend's handshake.</param>
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
            if (_start == _end)
            {
                Dispose();

                // A read of nothing waits without a buffer.
                _ = await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            }

            _buffer ??= ArrayPool<byte>.Shared.Rent(MaxBytes);
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            _end += read;
            return read > 0;
        }
        catch (Exception exception) when (exception is not IOException)
        {
            throw new IOException("The backend's connection is broken.", exception);
        }
    }

    public override bool Advance(int count)
    {
        _start += count;
        return false;
    }

    public override void Cancel() => _stream.Dispose();

    public override void Dispose()
    {
        if (_buffer is { } buffer)
        {
            (_buffer, _start, _end) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
