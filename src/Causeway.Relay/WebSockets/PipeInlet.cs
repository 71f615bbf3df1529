using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Takes the client's bytes from the server's own pipe: large blocks as they are, small ones and what a block's end cuts in two joined.</summary>
internal sealed class PipeInlet(PipeReader reader) : Inlet
{
    /// <summary>From this size on a call for a block alone costs less than to copy it before the next.</summary>
    private const int WorthASend = 16_384;

    private ReadOnlySequence<byte> _available;
    private ReadOnlyMemory<byte> _bytes;
    private byte[]? _joined;
    private volatile bool _isCancelled;

    public override ReadOnlyMemory<byte> Bytes => _bytes;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitAsync()
    {
        ReturnJoined();
        ReadResult result;
        try
        {
            result = await reader.ReadAsync().ConfigureAwait(false);
            while (result.IsCanceled && !_isCancelled && result.Buffer.Length <= _bytes.Length)
            {
                // The server wakes its readers when it stops; that is no end.
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                result = await reader.ReadAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is not IOException)
        {
            // The server's reader fails in many ways once the connection is gone.
            throw new IOException("The connection is broken.", exception);
        }

        _available = result.Buffer;
        if (_isCancelled || (result.IsCompleted && _available.Length <= _bytes.Length))
        {
            // Ended: what is left is a piece of a frame that nobody will finish.
            reader.AdvanceTo(_available.End);
            return false;
        }

        Show();
        return true;
    }

    public override bool Advance(int count)
    {
        var taken = _available.GetPosition(count);
        if (_bytes.Length == _available.Length || (count == 0 && _joined is not null))
        {
            // All was shown: what was not taken needs more behind it.
            _bytes = _bytes[count..];
            reader.AdvanceTo(taken, _available.End);
            return false;
        }

        var held = _bytes.Length - count;
        ReturnJoined();
        _available = _available.Slice(taken);
        Show(held);
        return true;
    }

    public override void Cancel()
    {
        _isCancelled = true;
        reader.CancelPendingRead();
    }

    public override void Dispose() => ReturnJoined();

    /// <param name="held">How many bytes were shown before and need those behind them.</param>
    private void Show(int held = 0)
    {
        var first = _available.First;
        if (_available.IsSingleSegment || (held == 0 && first.Length >= WorthASend))
        {
            _bytes = first;
            return;
        }

        _joined = ArrayPool<byte>.Shared.Rent(MaxBytes);
        var length = (int)Math.Min(_available.Length, MaxBytes);
        _available.Slice(0, length).CopyTo(_joined);
        _bytes = _joined.AsMemory(0, length);
    }

    private void ReturnJoined()
    {
        if (_joined is not null)
        {
            ArrayPool<byte>.Shared.Return(_joined);
            _joined = null;
        }
    }
}
