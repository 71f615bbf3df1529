using Causeway.Bench.Load;

namespace Causeway.Bench.Peers;

/// <summary>What was published since the last turn, in the form one transport takes.</summary>
internal sealed class FloorBatch
{
    private byte[] _bytes = new byte[64 * 1024];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void AppendFrame(ReadOnlySpan<byte> payload) => _length += WireFrame.Write(Room(payload.Length + 14), WireFrame.Text, payload, masked: false);

    public void AppendEvent(ReadOnlySpan<byte> payload)
    {
        var room = Room(payload.Length + 8);
        "data: "u8.CopyTo(room);
        payload.CopyTo(room[6..]);
        "\n\n"u8.CopyTo(room[(6 + payload.Length)..]);
        _length += payload.Length + 8;
    }

    public void Clear() => _length = 0;

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length < _length + bytes)
        {
            Array.Resize(ref _bytes, 2 * (_length + bytes));
        }

        return _bytes.AsSpan(_length);
    }
}
