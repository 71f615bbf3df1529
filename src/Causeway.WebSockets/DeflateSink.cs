using System.Buffers;

namespace Causeway.WebSockets;

/// <summary>Takes a deflater's output up to a limit and drops the rest: output that long is of no use. Kept per thread; its array is rented per message.</summary>
internal sealed class DeflateSink : Stream
{
    private byte[] _bytes = [];
    private int _limit;
    private int _length;

    /// <summary>What came so far; more than fits shows as an empty span.</summary>
    public ReadOnlySpan<byte> Written => _length <= _limit ? _bytes.AsSpan(0, _length) : default;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Start(int limit)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(limit);
        _limit = limit;
        _length = 0;
    }

    public void End()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _limit = 0;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length <= _limit && buffer.Length <= _limit - _length)
        {
            buffer.CopyTo(_bytes.AsSpan(_length));
            _length += buffer.Length;
        }
        else
        {
            _length = int.MaxValue;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
