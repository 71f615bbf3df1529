namespace Causeway.Bench.Load;

/// <summary>A large masked message, built once; only its mark, at its very end, changes from one to the next.</summary>
internal static class BigMessage
{
    private static byte[] _frame = [];
    private static int _size;
    private static uint _mask;

    /// <summary>The frame of a message of <paramref name="size"/> bytes; good until the next call.</summary>
    public static ReadOnlySpan<byte> Frame(int size, long sequence)
    {
        if (_size != size)
        {
            var payload = new byte[size];
            payload.AsSpan().Fill((byte)'x');
            _frame = new byte[size + 14];
            var length = WireFrame.Write(_frame, WireFrame.Text, payload, masked: true);
            _ = WireFrame.TryRead(_frame, out var head);
            (_size, _mask, _frame) = (size, head.Mask, _frame[..length]);
        }

        Span<byte> mark = stackalloc byte[16];
        mark[..2].Fill((byte)'x');
        Mark.Write(mark[2..], sequence);

        // The payload's length is a multiple of four, so its last sixteen bytes begin with the mask's first.
        WireFrame.Unmask(mark, _mask);
        mark.CopyTo(_frame.AsSpan(^16));
        return _frame;
    }
}
