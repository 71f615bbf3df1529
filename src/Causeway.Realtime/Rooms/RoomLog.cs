namespace Causeway.Realtime;

/// <summary>A room's newest messages in memory: a ring bounded by count and age. The room's gate guards it.</summary>
/// <param name="capacity">Messages kept.</param>
/// <param name="maxAge">Units of <see cref="TimeProvider.GetTimestamp"/> a message is kept.</param>
internal sealed class RoomLog(int capacity, long maxAge)
{
    private const int InitialSize = 8;

    private int _capacity = capacity;
    private long _maxAge = maxAge;
    private RoomMessage[] _ring = [];
    private int _head;

    public int Count { get; private set; }

    /// <summary>The newest position there ever was.</summary>
    public long NewestOffset { get; private set; }

    /// <summary>The oldest position still here; one past the newest when nothing is.</summary>
    public long FirstOffset => NewestOffset - Count + 1;

    /// <summary>Starts at another place, with nothing before it: what comes next has the position after this.</summary>
    public void StartAt(long newest) => (NewestOffset, Count, _ring, _head) = (newest, 0, [], 0);

    /// <summary>Changes the bounds; what is over the new ones goes.</summary>
    public void Bound(int capacity, long maxAge)
    {
        (_capacity, _maxAge) = (capacity, maxAge);
        while (Count > capacity)
        {
            DropFirst();
        }
    }

    public void Append(RoomMessage message)
    {
        if (Count == _capacity)
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
        while (Count > 0 && now - _ring[_head].PublishedAt > _maxAge)
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

    /// <summary>Whether everything after a position is still here; false for a position that never was.</summary>
    public bool HoldsAllAfter(long position) => position <= NewestOffset && position >= FirstOffset - 1;

    /// <summary>Adds the next messages after a position, some bytes of them.</summary>
    /// <returns>Messages after the position that are gone already; reading goes on behind them.</returns>
    public long ReadAfter(long position, int bytes, List<RoomMessage> messages)
    {
        var lost = Math.Max(0, FirstOffset - 1 - position);
        for (var offset = position + lost + 1; offset <= NewestOffset && bytes > 0; offset++)
        {
            var message = At(offset);
            messages.Add(message);
            bytes -= message.Frame.Length;
        }

        return lost;
    }

    /// <summary>Messages between two positions, both exclusive: the oldest when there is a lower bound, else the newest.</summary>
    public IReadOnlyList<RoomMessage> Read(long? after, long? before, int limit)
    {
        var first = Math.Max(FirstOffset, Math.Clamp(after ?? 0, 0, NewestOffset) + 1);
        var last = before is { } bound ? Math.Clamp(bound, 1, NewestOffset + 1) - 1 : NewestOffset;
        if (after is null)
        {
            first = Math.Max(first, last - limit + 1);
        }

        var messages = new List<RoomMessage>();
        for (var offset = first; offset <= last && messages.Count < limit; offset++)
        {
            messages.Add(At(offset));
        }

        return messages;
    }

    private void DropFirst()
    {
        _ring[_head] = null!;
        _head = (_head + 1) % _ring.Length;
        Count--;
    }

    private void Grow()
    {
        var larger = new RoomMessage[Math.Min(_capacity, Math.Max(InitialSize, _ring.Length * 2))];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_head + i) % _ring.Length];
        }

        (_ring, _head) = (larger, 0);
    }
}
