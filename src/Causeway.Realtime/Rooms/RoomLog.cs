namespace Causeway.Realtime;

/// <summary>A room's newest messages in memory: a ring bounded by count and age. The room's gate guards it.</summary>
/// <param name="capacity">Messages kept.</param>
/// <param name="maxAge">Units of <see cref="TimeProvider.GetTimestamp"/> a message is kept.</param>
internal sealed class RoomLog(int capacity, long maxAge)
{
    private const int InitialSize = 8;

    private RoomMessage[] _ring = [];
    private int _head;

    public int Count { get; private set; }

    /// <summary>The newest position there ever was.</summary>
    public long NewestOffset { get; private set; }

    /// <summary>The oldest position still here; one past the newest when nothing is.</summary>
    public long FirstOffset => NewestOffset - Count + 1;

    public void Append(RoomMessage message)
    {
        if (Count == capacity)
        {
            DropFirst();
        }
        else if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + Count) % _ring.Length] = message;
        Count++;
        NewestOffset = message.Offset;
    }

    /// <summary>Lets go of what is too old.</summary>
    public void Trim(long now)
    {
        while (Count > 0 && now - _ring[_head].PublishedAt > maxAge)
        {
            DropFirst();
        }

        if (Count == 0)
        {
            _ring = [];
            _head = 0;
        }
    }

    /// <summary>The message at a position from <see cref="FirstOffset"/> to <see cref="NewestOffset"/>.</summary>
    public RoomMessage At(long offset) => _ring[(_head + (int)(offset - FirstOffset)) % _ring.Length];

    private void DropFirst()
    {
        _ring[_head] = null!;
        _head = (_head + 1) % _ring.Length;
        Count--;
    }

    private void Grow()
    {
        var larger = new RoomMessage[Math.Min(capacity, Math.Max(InitialSize, _ring.Length * 2))];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_head + i) % _ring.Length];
        }

        (_ring, _head) = (larger, 0);
    }
}
