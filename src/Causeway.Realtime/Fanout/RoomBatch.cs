using System.Diagnostics;
using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>Everything published to a room since its last turn, built once per wire form and shared by all members.</summary>
internal sealed class RoomBatch(Room room, PublishedMessage[] messages, long firstSequence)
{
    private readonly Lock _building = new();
    private readonly WireBytes?[] _forms = new WireBytes?[4];

    public Room Room => room;

    public ReadOnlySpan<PublishedMessage> Messages => messages;

    public int Count => messages.Length;

    /// <summary>The sequence number of the first message; the others follow without a hole.</summary>
    public long FirstSequence => firstSequence;

    /// <summary>True when messages before these are in no log any more, and nobody here was given them.</summary>
    public bool FollowsGap { get; init; }

    /// <summary>The position of its newest stored message; 0 where there is none.</summary>
    public long NewestOffset
    {
        get
        {
            for (var i = messages.Length - 1; i >= 0; i--)
            {
                if (messages[i].Message.Offset > 0)
                {
                    return messages[i].Message.Offset;
                }
            }

            return 0;
        }
    }

    /// <summary>True when somebody asked not to hear what they said.</summary>
    public bool HasExclusions { get; } = Array.Exists(messages, static m => m.Excluded is not null);

    /// <summary>True when somebody follows one of the messages.</summary>
    public bool IsTraced { get; } = Array.Exists(messages, static m => m.Span is not null);

    /// <summary>When the message that waited longest was published.</summary>
    public long OldestPublishedAt => messages[0].Message.PublishedAt;

    /// <summary>The batch in one form, built by the first loop that has a member of it.</summary>
    public WireBytes Get(WireForm form)
    {
        if (Volatile.Read(ref _forms[(int)form]) is { } built)
        {
            return built;
        }

        lock (_building)
        {
            return _forms[(int)form] ??= Build(form);
        }
    }

    private WireBytes Build(WireForm form) => form switch
    {
        WireForm.Frame => messages is [var only] ? WireBytes.One(only.Message.FrameArray) : Join(static message => message.FrameArray),
        WireForm.DeflatedFrame => Join(Deflate),
        WireForm.Event => Join(message => WireFormat.Event(message.Type, message.Json.Span, CursorOf(message), chunked: false)),
        _ => Join(message => WireFormat.Event(message.Type, message.Json.Span, CursorOf(message), chunked: true)),
    };

    private string? CursorOf(RoomMessage message) => message.Offset > 0 ? EventCursor.Format(room.Epoch, message.Offset) : null;

    private static byte[] Deflate(RoomMessage message) =>
        message.Json.Length >= PermessageDeflate.MinimumBytes && PermessageDeflate.TryBuildFrame(message.Json.Span) is { } smaller
            ? smaller
            : message.FrameArray;

    private WireBytes Join(Func<RoomMessage, byte[]> encode)
    {
        if (messages is [var only])
        {
            return WireBytes.One(encode(only.Message));
        }

        var parts = Array.ConvertAll(messages, m => encode(m.Message));
        var ends = new int[parts.Length];
        var length = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            ends[i] = length += parts[i].Length;
        }

        var bytes = GC.AllocateUninitializedArray<byte>(length);
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i].CopyTo(bytes, ends[i] - parts[i].Length);
        }

        return new WireBytes(bytes, ends);
    }
}

/// <summary>A message on its way out.</summary>
/// <param name="Message">The message.</param>
/// <param name="Excluded">The member that does not get it live.</param>
/// <param name="Span">Where its trace goes on; null while nobody traces.</param>
internal readonly record struct PublishedMessage(RoomMessage Message, Membership? Excluded, Activity? Span);

/// <summary>Messages one after the other, with the place where each ends.</summary>
internal sealed class WireBytes(byte[] bytes, int[] ends)
{
    public byte[] Bytes => bytes;

    public int StartOf(int index) => index == 0 ? 0 : ends[index - 1];

    public int EndOf(int index) => ends[index];

    public static WireBytes One(byte[] bytes) => new(bytes, [bytes.Length]);

    /// <summary>The message that a position lies in.</summary>
    public int MessageAt(int position, int first)
    {
        while (ends[first] <= position)
        {
            first++;
        }

        return first;
    }
}
