namespace Causeway.Realtime;

/// <summary>The members of a room that one loop serves, by the form their line takes. Only that loop reads it; it changes under the room's gate.</summary>
internal sealed class RoomShard
{
    private readonly MemberList[] _lists = new MemberList[5];

    public int Count { get; private set; }

    /// <summary>The newest position that a batch has brought to this loop: members that are not behind have it, and all before it.</summary>
    public long Delivered { get; set; }

    /// <summary>Members whose line takes the room's own bytes.</summary>
    public ReadOnlySpan<Membership> Sharing(WireForm form) => _lists[(int)form].Members;

    /// <summary>Streams of several rooms: their events end with a cursor of their own.</summary>
    public ReadOnlySpan<Membership> WithOwnCursor => _lists[4].Members;

    public void Add(Membership member)
    {
        _lists[ListOf(member)].Add(member);
        Count++;
    }

    public void Remove(Membership member)
    {
        _lists[ListOf(member)].Remove(member);
        Count--;
    }

    private static int ListOf(Membership member) => member.Connection.HasOwnCursor ? 4 : (int)member.Sender.Form;

    private struct MemberList
    {
        private Membership[]? _items;
        private int _count;

        public readonly ReadOnlySpan<Membership> Members => _items.AsSpan(0, _count);

        public void Add(Membership member)
        {
            if (_items is null || _count == _items.Length)
            {
                Array.Resize(ref _items, Math.Max(2, _count * 2));
            }

            member.ShardIndex = _count;
            _items[_count++] = member;
        }

        public void Remove(Membership member)
        {
            var last = _items![--_count];
            _items[_count] = null!;
            if (last != member)
            {
                _items[member.ShardIndex] = last;
                last.ShardIndex = member.ShardIndex;
            }

            member.ShardIndex = -1;
        }
    }
}
