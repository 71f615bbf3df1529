using System.Buffers.Binary;
using System.Text;

namespace Causeway.Realtime.Tests;

/// <summary>One connection of a <see cref="LoneCore"/>, seen from both ends.</summary>
internal sealed class TestLine(LoneCore owner, Connection connection, TestOutlet outlet)
{
    private readonly Inbound _inbound = new(owner.Core);

    public Connection Connection => connection;

    public TestOutlet Outlet => outlet;

    /// <summary>The messages that arrived whole after the greeting, in order.</summary>
    public IReadOnlyList<LiveMessage> Heard => [.. All.Where(static message => message.Type != "connected")];

    /// <summary>The messages that arrived whole.</summary>
    public IReadOnlyList<LiveMessage> All =>
        [.. Frames().Where(static frame => frame.Opcode is WireOpcode.Text).Select(static frame => new LiveMessage(JsonElement.Parse(frame.Payload)))];

    /// <summary>The room messages among them that have a position.</summary>
    public IEnumerable<long> Offsets => Heard.Select(static message => message.Offset).OfType<long>();

    /// <summary>How the server closed the line; null while it has not.</summary>
    public int? CloseCode => Frames().FirstOrDefault(static frame => frame.Opcode is WireOpcode.Close) is { } close
        ? BinaryPrimitives.ReadUInt16BigEndian(close.Payload)
        : null;

    /// <summary>Pings that arrived.</summary>
    public int Pings => Frames().Count(static frame => frame.Opcode is WireOpcode.Ping);

    /// <summary>Answers a ping.</summary>
    public void Pong() => connection.MarkHeard();

    /// <summary>Answers the server's close, or says its own.</summary>
    public void Close()
    {
        connection.Post(LoopWorkKind.PeerClosed, (ushort)1000);
        connection.Post(LoopWorkKind.Gone);
    }

    /// <summary>Says something, as a client does. The reader's work is done when this returns; the loops' when they have settled.</summary>
    public void Say(string type, string? room = null, JsonObject? payload = null, string? reference = null, string? conflateKey = null)
    {
        var message = new JsonObject { ["type"] = type, ["payload"] = payload ?? [] };
        AddIfAny(message, "room_id", room);
        AddIfAny(message, "ref", reference);
        AddIfAny(message, "conflate_key", conflateKey);
        connection.MarkHeard();
        var taken = _inbound.TakeAsync(connection, Encoding.UTF8.GetBytes(message.ToJsonString()), owner.Dispatcher);
        connection.Loop.RunAnswers();
        Assert.True(taken.IsCompletedSuccessfully);
    }

    public void Join(string room, (string Epoch, long Offset)? since = null, int? history = null, bool? echo = null)
    {
        var payload = new JsonObject();
        if (since is var (epoch, offset))
        {
            payload["since"] = new JsonObject { ["epoch"] = epoch, ["offset"] = offset };
        }

        if (history is { } count)
        {
            payload["history"] = count;
        }

        if (echo is { } wanted)
        {
            payload["echo"] = wanted;
        }

        Say("join_room", room, payload, "join");
    }

    /// <summary>The peer is gone, without a word.</summary>
    public void Cut() => outlet.Reset();

    private static void AddIfAny(JsonObject message, string name, string? value)
    {
        if (value is not null)
        {
            message[name] = value;
        }
    }

    // Only what came whole: a line may be cut within a frame.
    private List<WireFrame> Frames()
    {
        var bytes = outlet.Taken.AsSpan();
        var frames = new List<WireFrame>();
        while (bytes.Length >= 2)
        {
            var (header, length) = bytes[1] switch
            {
                < 126 => (2, (long)bytes[1]),
                126 when bytes.Length >= 4 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
                127 when bytes.Length >= 10 => (10, BinaryPrimitives.ReadInt64BigEndian(bytes[2..])),
                _ => (0, long.MaxValue - 16),
            };
            if (bytes.Length < header + length)
            {
                break;
            }

            frames.Add(new WireFrame((WireOpcode)(bytes[0] & 0x0f), bytes.Slice(header, (int)length).ToArray()));
            bytes = bytes[(header + (int)length)..];
        }

        return frames;
    }
}
