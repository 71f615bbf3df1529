using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Takes the client's bytes from the server's own pipe: what lies in one block is not copied, more than that is joined.</summary>
internal sealed class PipeInlet(PipeReader reader) : Inlet
{
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
        if (count == 0 || _bytes.Length == _available.Length)
        {
            // All was shown: what was not taken needs more behind it.
            _bytes = _bytes[count..];
            reader.AdvanceTo(taken, _available.End);
            return false;
        }

        ReturnJoined();
        _available = _available.Slice(taken);
        Show();
        return true;
    }

    public override void Cancel()
    {
        _isCancelled = true;
        reader.CancelPendingRead();
    }

    public override void Dispose() => ReturnJoined();

    private void Show()
    {
        if (_available.IsSingleSegment)
        {
            _bytes = _available.First;
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
