namespace Causeway.Realtime;

/// <summary>What a connection's socket did not take, oldest first. Belongs to the connection's loop.</summary>
internal sealed class Backlog
{
    public Pending? First { get; private set; }

    private Pending? Last { get; set; }

    /// <summary>Bytes waiting.</summary>
    public long Bytes { get; private set; }

    public void Add(Pending pending)
    {
        pending.Previous = Last;
        if (Last is null)
        {
            First = pending;
        }
        else
        {
            Last.Next = pending;
        }

        Last = pending;
        Bytes += pending.Length;
        pending.Member?.Slow!.Add(pending);
    }

    public void Remove(Pending pending)
    {
        if (pending.Previous is null)
        {
            First = pending.Next;
        }
        else
        {
            pending.Previous.Next = pending.Next;
        }

        if (pending.Next is null)
        {
            Last = pending.Previous;
        }
        else
        {
            pending.Next.Previous = pending.Previous;
        }

        Bytes -= pending.Length;
        pending.Member?.Slow!.Remove(pending);
    }

    /// <summary>Takes the messages before <paramref name="index"/> out of a part of a batch; the part goes when nothing is left.</summary>
    public void Advance(Pending pending, int index)
    {
        if (index > pending.LastIndex)
        {
            Remove(pending);
            return;
        }

        Bytes -= pending.Length;
        pending.FirstIndex = index;
        Bytes += pending.Length;
    }

    public void Clear()
    {
        for (var pending = First; pending is not null; pending = pending.Next)
        {
            pending.Member?.Slow!.Forget();
        }

        (First, Last, Bytes) = (null, null, 0);
    }
}

/// <summary>Bytes that wait: part of a batch for one member, or bytes of the connection's own.</summary>
internal sealed class Pending
{
    private readonly byte[]? _own;
    private readonly WireBytes? _wire;

    public Pending(byte[] bytes) => _own = bytes;

    public Pending(Membership member, RoomBatch batch, WireBytes wire, int first, int last) =>
        (Member, Batch, _wire, FirstIndex, LastIndex) = (member, batch, wire, first, last);

    public Membership? Member { get; }

    public RoomBatch? Batch { get; }

    public int FirstIndex { get; set; }

    public int LastIndex { get; }

    public Pending? Previous { get; set; }

    public Pending? Next { get; set; }

    public Pending? PreviousOfMember { get; set; }

    public Pending? NextOfMember { get; set; }

    public int Length => _own?.Length ?? (_wire!.EndOf(LastIndex) - _wire.StartOf(FirstIndex));

    /// <summary>Room messages in it.</summary>
    public int Count => _wire is null ? 0 : LastIndex - FirstIndex + 1;

    public WireBytes? Wire => _wire;

    public Memory<byte> Bytes => _own ?? _wire!.Bytes.AsMemory(_wire.StartOf(FirstIndex), Length);

    /// <summary>The oldest message in it.</summary>
    public RoomMessage Oldest => Batch!.Messages[FirstIndex].Message;
}
