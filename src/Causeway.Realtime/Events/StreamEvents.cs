using System.Buffers;

namespace Causeway.Realtime;

/// <summary>Writes events that are not shared: replays, and those of streams of several rooms, whose cursor is their own.</summary>
internal static class StreamEvents
{
    public static void Append(ArrayBufferWriter<byte> buffer, WireForm form, RoomMessage message, string? cursor)
    {
        var chunked = form is WireForm.ChunkedEvent;
        var length = WireFormat.EventLength(message.Type, message.Json.Length, cursor);
        var space = buffer.GetSpan(chunked ? WireFormat.ChunkedLength(length) : length);
        buffer.Advance(WireFormat.WriteEvent(space, message.Type, message.Json.Span, cursor, chunked));
    }

    /// <summary>Gives a batch to a stream that is a member of several rooms.</summary>
    public static int Deliver(Membership member, RoomBatch batch, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        var count = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            if (!member.Takes(batch, i))
            {
                continue;
            }

            var message = batch.Messages[i].Message;
            string? cursor = null;
            if (message.Offset > 0)
            {
                member.Position = message.Offset;
                cursor = member.Connection.CursorAt(member, message.Offset);
            }

            Append(buffer, member.Sender.Form, message, cursor);
            count++;
        }

        if (count > 0)
        {
            SendCopyOfRest(member, buffer);
        }

        return count;
    }

    private static void SendCopyOfRest(Membership member, ArrayBufferWriter<byte> buffer)
    {
        var sender = member.Sender;
        if (!sender.IsClear || !sender.Outlet.BypassesServer)
        {
            sender.Send(buffer.WrittenSpan.ToArray(), member.Room);
            return;
        }

        var taken = sender.Outlet.TryWrite(buffer.WrittenSpan);
        if (taken < 0)
        {
            sender.Break();
        }
        else if (taken < buffer.WrittenCount)
        {
            sender.Send(buffer.WrittenSpan[taken..].ToArray(), member.Room);
        }
    }
}
