namespace Causeway.Bench.Load;

/// <summary>Finds the marks in a connection's payload bytes, also where a frame or chunk ends within one.</summary>
internal struct MarkScanner
{
    private byte[]? _carry;
    private int _carried;

    public void Scan(ReadOnlySpan<byte> bytes, LoadClient client, Traffic traffic, long now)
    {
        if (_carried > 0)
        {
            var missing = Math.Min(Mark.Length - _carried, bytes.Length);
            bytes[..missing].CopyTo(_carry.AsSpan(_carried));
            _carried += missing;
            if (_carried < Mark.Length && _carry.AsSpan(0, Math.Min(_carried, 2)).SequenceEqual(Mark.Start[..Math.Min(_carried, 2)]))
            {
                return;
            }

            if (_carry.AsSpan().StartsWith(Mark.Start))
            {
                traffic.OnMark(client, Mark.Read(_carry), now);
                bytes = bytes[missing..];
            }

            _carried = 0;
        }

        int at;
        while ((at = bytes.IndexOf(Mark.Sign)) >= 0)
        {
            bytes = bytes[at..];
            if (bytes.Length < Mark.Length)
            {
                _carry ??= new byte[Mark.Length];
                bytes.CopyTo(_carry);
                _carried = bytes.Length;
                return;
            }

            if (bytes[1] != Mark.Sign)
            {
                bytes = bytes[1..];
                continue;
            }

            traffic.OnMark(client, Mark.Read(bytes), now);
            bytes = bytes[Mark.Length..];
        }
    }
}
