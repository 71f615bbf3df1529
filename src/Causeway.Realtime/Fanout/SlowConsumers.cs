namespace Causeway.Realtime;

/// <summary>What happens when a connection's backlog is full: the policy of the namespace whose message does not fit.</summary>
internal static class SlowConsumers
{
    /// <summary>Puts messages of a batch into the backlog, dropping what the policy allows.</summary>
    /// <returns>False when they don't fit and the connection must close.</returns>
    public static bool TryMakeRoom(
        Sender sender, Backlog backlog, Membership member, RoomBatch batch, WireBytes wire, int first, int last, long limitBytes)
    {
        var policy = sender.IsEventStream ? SlowConsumerPolicy.Disconnect : member.Room.Rules.SlowConsumer;
        var size = wire.EndOf(last) - wire.StartOf(first);
        if (backlog.Bytes + size <= limitBytes && member.Slow is not { IsConflating: true })
        {
            backlog.Add(new Pending(member, batch, wire, first, last));
            return true;
        }

        switch (policy)
        {
            case SlowConsumerPolicy.DropOldest:
                DropOldest(sender, backlog, member, batch, wire, first, last, limitBytes);
                return true;
            case SlowConsumerPolicy.Conflate:
                Conflate(sender, backlog, member, batch, wire, first, last);
                return backlog.Bytes <= limitBytes;
            default:
                return false;
        }
    }

    private static void DropOldest(
        Sender sender, Backlog backlog, Membership member, RoomBatch batch, WireBytes wire, int first, int last, long limitBytes)
    {
        while (member.Slow!.Oldest is { } oldest && backlog.Bytes + wire.EndOf(last) - wire.StartOf(first) > limitBytes)
        {
            sender.CountDropped(member, oldest.Oldest.Offset, 1, SlowConsumerPolicy.DropOldest);
            backlog.Advance(oldest, oldest.FirstIndex + 1);
        }

        // Other rooms may fill the backlog alone; then the oldest of what just came goes too.
        while (first <= last && backlog.Bytes + wire.EndOf(last) - wire.StartOf(first) > limitBytes)
        {
            sender.CountDropped(member, batch.Messages[first].Message.Offset, 1, SlowConsumerPolicy.DropOldest);
            first++;
        }

        if (first <= last)
        {
            backlog.Add(new Pending(member, batch, wire, first, last));
        }
    }

    private static void Conflate(Sender sender, Backlog backlog, Membership member, RoomBatch batch, WireBytes wire, int first, int last)
    {
        var slow = member.Slow!;
        if (!slow.IsConflating)
        {
            // What waits already goes through the same rule, in order.
            var waiting = new List<Pending>();
            while (slow.Oldest is { } oldest)
            {
                backlog.Remove(oldest);
                waiting.Add(oldest);
            }

            slow.StartConflating();
            foreach (var part in waiting)
            {
                KeepNewest(sender, backlog, member, part.Batch!, part.Wire!, part.FirstIndex, part.LastIndex);
            }
        }

        KeepNewest(sender, backlog, member, batch, wire, first, last);
    }

    private static void KeepNewest(Sender sender, Backlog backlog, Membership member, RoomBatch batch, WireBytes wire, int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            var older = member.Slow!.NewestOf(batch.Messages[i].Message.ConflateKey);
            backlog.Add(new Pending(member, batch, wire, i, i));
            if (older is not null)
            {
                sender.CountDropped(member, older.Oldest.Offset, 1, SlowConsumerPolicy.Conflate);
                backlog.Remove(older);
            }
        }
    }
}
