using System.Buffers.Binary;

namespace Causeway.Realtime.Tests;

/// <summary>
/// A client that speaks the protocol over one line at a time: it joins its rooms, publishes, comes back with its last positions when the line is gone, and checks all that it gets against what
/// the database has.
/// </summary>
internal sealed class SimulatedClient : SimulatedMember
{
    /// <summary>A line on which so long nothing came, not even an answer to a ping, is given up.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);

    private readonly Dictionary<string, Asked> _asked = [];
    private readonly bool _echo;
    private bool _isGreeted;
    private byte[] _received = [];
    private TimeSpan _heardAt;
    private int _references;
    private int _messages;

    public SimulatedClient(SimulatedWorld world, int number, string? user, bool echo, IEnumerable<string> rooms)
        : base(world, $"c{number}", user, rooms)
    {
        _echo = echo;
        Simulator.After(Simulator.Chance.Milliseconds(0, 1_000), Connect);
        Simulator.After(TimeSpan.FromSeconds(1), Watch);
    }

    /// <summary>What it has published, by what it said.</summary>
    public Dictionary<string, Publish> Published { get; } = [];

    public override string? WaitsFor => !_isGreeted ? "its greeting" : _asked.Count > 0 ? $"the answer to {_asked.Values.First().Kind} at {Node!.Name}" : null;

    // Of any line: what it said on an earlier one it does get, unless it knows of it already.
    public override bool IsOwn(string text) => text.StartsWith($"{Name}.", StringComparison.Ordinal);

    public override void Act()
    {
        var room = Simulator.Chance.Pick(Rooms);
        if (!_isGreeted)
        {
            return;
        }

        switch (Simulator.Chance.Between(0, 20))
        {
            case 0 when World.HasTrouble && room.IsIn:
                Say("leave", "leave_room", room);
                break;
            case 1 when World.HasTrouble && room is { IsIn: true, Epoch: not null }:
                // Once more from further back.
                Join(room, Math.Max(0, room.Last - Simulator.Chance.Between(0, 4)));
                break;
            case 2 when World.HasTrouble:
                Break();
                break;
            case 3:
                Say("presence", "presence", room);
                break;
            default:
                PublishIn(room);
                break;
        }
    }

    /// <returns>Whether it could, and is in the room.</returns>
    public bool PublishIn(ClientRoom room)
    {
        if (!_isGreeted || !room.IsIn)
        {
            return false;
        }

        var text = $"{Connection}-{++_messages}";
        Published.Add(text, new Publish(room.Id));
        Say("publish", "chat", room, $"\"p\":\"{text}\"", text);
        return true;
    }

    protected override void Begin() => (_received, _isGreeted, _heardAt) = ([], false, Simulator.Now);

    protected override Action Greeting(SimulatedNode node, SimulatedLine line)
    {
        var connection = Connection;
        return () => node.Accept(line, connection, User);
    }

    protected override void Lost()
    {
        _isGreeted = false;
        foreach (var asked in _asked.Values.Where(static asked => asked.Publish is not null))
        {
            Published[asked.Publish!].Fate = Fate.Unknown;
        }

        _asked.Clear();
    }

    /// <summary>A line that says nothing is asked, and then given up.</summary>
    private void Watch()
    {
        Simulator.After(TimeSpan.FromSeconds(1), Watch);
        if (Line is { } line)
        {
            if (Simulator.Now - _heardAt > Silence)
            {
                Simulator.Note($"{Name} gives the line up");
                line.Break();
            }
            else if (_isGreeted && Simulator.Now - _heardAt > Silence / 3)
            {
                Send("""{"type":"ping"}""");
            }
        }
    }

    private void JoinSoon(ClientRoom room, TimeSpan wait)
    {
        var line = Line;
        Simulator.After(wait, () =>
        {
            if (line == Line && _isGreeted && !room.IsIn && !_asked.Values.Any(asked => asked.Room == room && asked.Kind == "join"))
            {
                Join(room, room.Last);
            }
        });
    }

    private void Join(ClientRoom room, long from)
    {
        var since = room.Epoch is { } epoch ? $"\"since\":{{\"epoch\":\"{epoch}\",\"offset\":{from}}}," : "";
        Say("join", "join_room", room, since + Echo, since: room.Epoch is null ? null : from);
    }

    private string Echo => _echo ? "\"echo\":true" : "\"echo\":false";

    private static HashSet<string> MembersIn(JsonElement payload) => payload.TryGetProperty("members", out var members)
        ? [.. members.EnumerateArray().Select(static member => member.GetProperty("user_id").GetString()).OfType<string>()]
        : [];

    private void Say(string kind, string type, ClientRoom room, string payload = "", string? publish = null, long? since = null)
    {
        var key = publish is not null && Simulator.Chance.Of(0.6) ? $"\"conflate_key\":\"k{Simulator.Chance.Between(1, 4)}\"," : "";
        var reference = $"{++_references}";
        _asked.Add(reference, new Asked(kind, room, publish, room.Epoch, since));
        Simulator.Note($"{Name}: {kind} {room.Id} {publish} {since ?? -1}");
        Send($"{{\"type\":\"{type}\",{key}\"room_id\":\"{room.Id}\",\"ref\":\"{reference}\",\"payload\":{{{payload}}}}}");
    }

    private void Send(string text) => Line?.Send(WireFrame.OfText(text).Encode());

    protected override void Take(SimulatedLine line, byte[] bytes)
    {
        _heardAt = Simulator.Now;
        _received = _received.Length == 0 ? bytes : [.. _received, .. bytes];
        while (TryTakeFrame(out var opcode, out var payload) && line == Line)
        {
            switch (opcode)
            {
                case WireOpcode.Text:
                    using (var json = JsonDocument.Parse(payload))
                    {
                        Take(new LiveMessage(json.RootElement));
                    }

                    break;
                case WireOpcode.Ping:
                    line.Send(new WireFrame(WireOpcode.Pong, payload.ToArray()).Encode());
                    break;
                case WireOpcode.Close:
                    var code = BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
                    Simulator.Note($"{Name}: closed with {code}");
                    line.Send(WireFrame.OfClose(code).Encode());
                    End(line);
                    break;
            }
        }
    }

    private bool TryTakeFrame(out WireOpcode opcode, out ReadOnlyMemory<byte> payload)
    {
        (opcode, payload) = (default, default);
        var bytes = _received.AsSpan();
        if (bytes.Length < 2)
        {
            return false;
        }

        var header = bytes[1] switch
        {
            < 126 => 2,
            126 => 4,
            _ => 10,
        };
        if (bytes.Length < header)
        {
            return false;
        }

        var length = header switch
        {
            2 => bytes[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            _ => (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
        };
        if (bytes.Length < header + length)
        {
            return false;
        }

        (opcode, payload) = ((WireOpcode)(bytes[0] & 0x0f), _received.AsMemory(header, length));
        _received = _received[(header + length)..];
        return true;
    }

    private void Take(LiveMessage message)
    {
        switch (message.Type)
        {
            case "connected":
                _isGreeted = true;
                Rooms.ForEach(room => JoinSoon(room, TimeSpan.Zero));
                break;
            case "ack" or "error" when message.Ref is { } reference:
                if (!_asked.Remove(reference, out var asked))
                {
                    Simulator.Fail($"{Name} got an answer that it did not ask for: {message}");
                }
                else if (message.Type == "ack")
                {
                    TakeAnswer(asked, message.Payload);
                }
                else
                {
                    TakeError(asked, message);
                }

                break;
            case "pong" or "reconnect":
                break;
            case "room_closed" or "kicked":
                var closed = Find(message.Payload.GetProperty("room_id").GetString()!);
                Simulator.Note($"{Name}: {message.Type} {closed.Id}");
                closed.Out();
                JoinSoon(closed, Simulator.Chance.Milliseconds(50, 1_000));
                break;
            case "user_joined" or "user_left":
                TakePresence(message);
                break;
            case "dropped":
                TakeDropped(message.Payload);
                break;
            case "chat" when message.Offset is null:
                TakeUnlogged(message);
                break;
            case "chat":
                TakeLogged(message);
                break;
            default:
                Simulator.Fail($"{Name} did not expect: {message}");
                break;
        }
    }

    private void TakeAnswer(Asked asked, JsonElement payload)
    {
        var room = asked.Room;
        switch (asked.Kind)
        {
            case "publish":
                var publish = Published[asked.Publish!];
                publish.Fate = Fate.Acknowledged;
                if (payload.GetProperty("epoch").GetString() is { } epoch)
                {
                    (publish.Epoch, publish.Offset) = (epoch, payload.GetProperty("offset").GetInt64());
                    Simulator.Note($"{Name}: {asked.Publish} is {room.Id} {epoch} {publish.Offset}");
                    if (!_echo && room.IsIn && room.Epoch == epoch && publish.Offset == room.Last + 1)
                    {
                        room.Last++;
                    }
                }

                break;
            case "join":
                TakeJoined(asked, payload);
                break;
            case "presence":
                room.Members = MembersIn(payload);
                break;
            case "leave":
                room.Out();
                JoinSoon(room, Simulator.Chance.Milliseconds(50, 8_000));
                break;
        }
    }

    private void TakeJoined(Asked asked, JsonElement payload)
    {
        var room = asked.Room;
        var (recovered, replayed) = (payload.GetProperty("recovered").GetBoolean(), payload.GetProperty("replayed").GetInt64());
        room.IsIn = true;
        room.Members = MembersIn(payload);
        if (payload.GetProperty("epoch").GetString() is not { } epoch)
        {
            Simulator.Note($"{Name}: in {room.Id}");
            return;
        }

        var newest = payload.GetProperty("offset").GetInt64();
        Simulator.Note($"{Name}: in {room.Id} {epoch} {newest} {recovered} {replayed}");
        if (asked.Since is { } since)
        {
            if (recovered && (epoch != asked.Epoch || newest - since != replayed))
            {
                Simulator.Fail($"{Name} was recovered in {room.Id} from {asked.Epoch} {since} to {epoch} {newest}, with {replayed} messages.");
            }
            else if (!recovered && epoch == asked.Epoch && World.IsAlive(epoch) && since >= newest - World.HistoryOf(room.Id))
            {
                Simulator.Fail($"{Name} came back to {room.Id} with {epoch} {since}, the log stands at {newest}, and it was not recovered.");
            }
            else if (!recovered && epoch != asked.Epoch && World.IsAlive(asked.Epoch!))
            {
                Simulator.Fail($"{Name} came back to {room.Id} with {asked.Epoch}, which is alive, and was given {epoch}.");
            }
        }
        else if (recovered)
        {
            Simulator.Fail($"{Name} was recovered in {room.Id} without a position.");
        }

        if (room.HasLine && epoch != room.Epoch)
        {
            Simulator.Fail($"{Name} is in {room.Id} {room.Epoch}, was not told that it is over, and joined {epoch}.");
        }

        // One that has a line already keeps it where it can't be recovered.
        if (recovered || epoch != room.Epoch || !room.HasLine)
        {
            (room.Epoch, room.Last) = (epoch, newest - replayed);
            room.StartOver();
        }

        room.HasLine = true;
    }

    private void TakeError(Asked asked, LiveMessage error)
    {
        var text = error.Payload.GetProperty("message").GetString()!;
        Simulator.Note($"{Name}: {asked.Kind} {asked.Room.Id} refused: {text}");
        if (error.ErrorCode is not ("UNAVAILABLE" or "NOT_IN_ROOM" or "FORBIDDEN" or "ROOM_NOT_FOUND"))
        {
            Simulator.Fail($"{Name} was refused: {error}");
        }

        switch (asked.Kind)
        {
            case "publish":
                Published[asked.Publish!].Fate = text.Contains("it may be there", StringComparison.Ordinal) ? Fate.Unknown : Fate.Refused;
                break;
            case "join":
                asked.Room.Out();
                JoinSoon(asked.Room, TimeSpan.FromSeconds(1));
                break;
            case "presence":
                var line = Line;
                Simulator.After(TimeSpan.FromSeconds(1), () =>
                {
                    if (line == Line && asked.Room.IsIn)
                    {
                        Say("presence", "presence", asked.Room);
                    }
                });
                break;
        }
    }

    private void TakeLogged(LiveMessage message)
    {
        if (CheckLogged(message) is not { } room)
        {
            return;
        }

        for (var missing = room.Last + 1; missing < message.Offset; missing++)
        {
            // What it said itself on this line, and did not want to hear; or what it was told of.
            if (!_echo && World.TextAt(room.Epoch!, missing).StartsWith($"{Connection}-", StringComparison.Ordinal))
            {
                continue;
            }

            if (!room.MayMiss(missing) || !room.CountMissed())
            {
                Simulator.Fail($"{Name} got {room.Id} {room.Epoch} {message.Offset} after {room.Last}: {missing} is missing.");
                return;
            }

            CheckMissed(room, missing);
        }

        room.Last = message.Offset!.Value;
    }

    /// <summary>It will not get so many messages, the server says; which those may be depends on the rules of the namespace.</summary>
    private void TakeDropped(JsonElement payload)
    {
        var room = Find(payload.GetProperty("room_id").GetString()!);
        var (count, from, to) = (payload.GetProperty("count").GetInt64(), Number("from_offset"), Number("to_offset"));
        Simulator.Note($"{Name}: {count} of {room.Id} are dropped, {from ?? 0} to {to ?? 0}");
        if (!room.IsIn || World.PolicyOf(room.Id) == SlowConsumerPolicy.Disconnect || count < 1 || from is null != to is null || from > to)
        {
            Simulator.Fail($"{Name} did not expect of {room.Id} that {payload}");
        }

        room.Miss(count, from, to);
        if (to is { } last)
        {
            if (last <= room.Last || World.MessageAt(room.Epoch!, last) is null)
            {
                Simulator.Fail($"{Name} has {room.Id} {room.Epoch} up to {room.Last}, and did not get {payload}");
            }

            CheckMissed(room, last);
        }

        // Who came and went may be among it.
        if (Simulator.Chance.Of(0.5))
        {
            Say("presence", "presence", room);
        }
        else
        {
            Say("join", "join_room", room, Echo);
        }

        long? Number(string name) => payload.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;
    }

    /// <summary>Where messages are conflated, one that did not come has been followed by another of its key, unless retention took it before.</summary>
    private void CheckMissed(ClientRoom room, long offset)
    {
        if (World.PolicyOf(room.Id) == SlowConsumerPolicy.Conflate && !World.HasNewerOfItsKey(room.Id, room.Epoch!, offset))
        {
            Simulator.Fail($"{Name} did not get {room.Id} {room.Epoch} {offset}, and there is no newer one of its key.");
        }
    }

    private sealed record Asked(string Kind, ClientRoom Room, string? Publish, string? Epoch, long? Since);
}
