namespace Causeway.Realtime;

/// <summary>What waits for one member of one room, and what it did not get since it was last told. Belongs to the connection's loop.</summary>
internal sealed class SlowMember
{
    private Dictionary<string, Pending>? _newestByKey;

    public Pending? Oldest { get; private set; }

    private Pending? Newest { get; set; }

    /// <summary>Messages missed since the last notice.</summary>
    public long Dropped { get; private set; }

    public long? DroppedFrom { get; private set; }

    public long? DroppedTo { get; private set; }

    /// <summary>True while only the newest message of each key waits.</summary>
    public bool IsConflating => _newestByKey is not null;

    public void Add(Pending pending)
    {
        pending.PreviousOfMember = Newest;
        if (Newest is null)
        {
            Oldest = pending;
        }
        else
        {
            Newest.NextOfMember = pending;
        }

        Newest = pending;
        _newestByKey?[pending.Oldest.ConflateKey] = pending;
    }

    public void Remove(Pending pending)
    {
        if (pending.PreviousOfMember is null)
        {
            Oldest = pending.NextOfMember;
        }
        else
        {
            pending.PreviousOfMember.NextOfMember = pending.NextOfMember;
        }

        if (pending.NextOfMember is null)
        {
            Newest = pending.PreviousOfMember;
        }
        else
        {
            pending.NextOfMember.PreviousOfMember = pending.PreviousOfMember;
        }

        if (Oldest is null)
        {
            _newestByKey = null;
        }
        else if (_newestByKey is not null && _newestByKey.TryGetValue(pending.Oldest.ConflateKey, out var newest) && newest == pending)
        {
            _newestByKey.Remove(pending.Oldest.ConflateKey);
        }
    }

    /// <summary>From now on, until nothing waits, only the newest message of a key does.</summary>
    public void StartConflating() => _newestByKey = new Dictionary<string, Pending>(StringComparer.Ordinal);

    /// <summary>What waits under a key; null for nothing.</summary>
    public Pending? NewestOf(string key) => _newestByKey!.GetValueOrDefault(key);

    public void Forget() => (Oldest, Newest, _newestByKey) = (null, null, null);

    public void CountDropped(long offset, long count)
    {
        Dropped += count;
        if (offset > 0)
        {
            DroppedFrom = Math.Min(DroppedFrom ?? long.MaxValue, offset);
            DroppedTo = Math.Max(DroppedTo ?? 0, offset + count - 1);
        }
    }

    public void NoticeSent() => (Dropped, DroppedFrom, DroppedTo) = (0, null, null);
}
