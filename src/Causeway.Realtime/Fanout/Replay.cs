using System.Buffers;

namespace Causeway.Realtime;

/// <summary>Reads a member's missed messages from its room's log, as its line takes them; they never count against the backlog.</summary>
internal static class Replay
{
    /// <summary>Bytes read from the log at a time.</summary>
    private const int ChunkBytes = 32 * 1024;

    /// <summary>Sends the next chunk, or finds the member caught up and makes it live.</summary>
    public static void Continue(Membership member, Sender sender, FanoutLoop loop)
    {
        var messages = loop.ReplayMessages;
        messages.Clear();
        var point = member.Room.ReadAfter(member.Position, ChunkBytes, messages);
        if (point.Lost > 0 && !TellLoss(member, sender, point.Lost))
        {
            return;
        }

        if (messages.Count == 0)
        {
            member.IsBehind = false;
            member.LiveAfter = point.Sequence;
            sender.StopReplay(member);
        }
        else
        {
            SendChunk(member, sender, loop, messages);
        }
    }

    // Retention has overtaken the reader: its namespace's slow-consumer policy applies.
    private static bool TellLoss(Membership member, Sender sender, long lost)
    {
        var policy = member.Room.Rules.SlowConsumer;
        if (policy is SlowConsumerPolicy.Disconnect || sender.IsEventStream)
        {
            sender.Connection.CountSlowClose(member.Room);
            sender.StartClose(new CloseRequest(CloseReason.SlowConsumer));
            return false;
        }

        sender.CountDropped(member, member.Position + 1, lost, policy);
        member.Position += lost;
        sender.SendNotice(member);
        return !sender.IsWriting;
    }

    private static void SendChunk(Membership member, Sender sender, FanoutLoop loop, List<RoomMessage> messages)
    {
        var buffer = loop.Scratch;
        buffer.ResetWrittenCount();
        var ends = loop.ReplayEnds;
        ends.Clear();
        foreach (var message in messages)
        {
            if (message.ExcludedConnection != member.Connection.Number)
            {
                Append(buffer, member, sender, message);
            }

            ends.Add(buffer.WrittenCount);
        }

        var outlet = sender.Outlet;
        var taken = outlet.BypassesServer ? outlet.TryWrite(buffer.WrittenSpan) : 0;
        if (taken < 0)
        {
            sender.Break();
            return;
        }

        if (taken == buffer.WrittenCount)
        {
            member.Position = messages[^1].Offset;
            loop.CountDeliveries(sender, messages.Count);
            return;
        }

        // A line of our own is given the rest of one frame, so that the others stay in the log; a stream takes it all.
        var cut = outlet.BypassesServer ? ends.FindIndex(end => end > taken) : messages.Count - 1;
        member.Position = messages[cut].Offset;
        loop.CountDeliveries(sender, cut + 1);
        sender.Write(buffer.WrittenMemory[taken..ends[cut]].ToArray());
    }

    private static void Append(ArrayBufferWriter<byte> buffer, Membership member, Sender sender, RoomMessage message)
    {
        if (sender.IsEventStream)
        {
            var cursor = member.Connection.CursorAt(member, message.Offset);
            StreamEvents.Append(buffer, sender.Form, message, cursor);
        }
        else
        {
            buffer.Write(message.Frame.Span);
        }
    }
}
