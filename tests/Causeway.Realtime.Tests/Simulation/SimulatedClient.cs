using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Causeway.Realtime.Tests;

/// <summary>
/// A client that speaks the protocol over one line at a time: it joins its rooms, publishes, comes back with its last positions when the line is gone, and checks all that it gets against what
/// the database has.
/// </summary>
internal sealed class SimulatedClient
{
    /// <summary>A line on which so long nothing came, not even an answer to a ping, is given up.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);

    private readonly SimulatedWorld _world;
    private readonly Simulator _simulator;
    private readonly Dictionary<string, Asked> _asked = [];
    private readonly Dictionary<string, int> _lastUnlogged = [];
    private readonly int _number;
    private readonly bool _echo;
    private SimulatedLine? _line;
    private SimulatedNode? _node;
    private bool _isGreeted;
    private byte[] _received = [];
    private TimeSpan _heardAt;
    private int _connections;
    private int _references;
    private int _messages;

    public SimulatedClient(SimulatedWorld world, int number, string? user, bool echo, IEnumerable<string> rooms)
    {
        (_world, _simulator, _number, User, _echo) = (world, world.Simulator, number, user, echo);
        Rooms = [.. rooms.Select(static room => new ClientRoom(room))];
        _simulator.After(_simulator.Chance.Milliseconds(0, 1_000), Connect);
        _simulator.After(TimeSpan.FromSeconds(1), Watch);
    }

    public string? User { get; }

    public List<ClientRoom> Rooms { get; }

    public string Name => $"c{_number}";

    /// <summary>What it has published, by what it said.</summary>
    public Dictionary<string, Publish> Published { get; } = [];

    /// <summary>What it waits for, in words; null for nothing.</summary>
    public string? WaitsFor => !_isGreeted ? "its greeting" : _asked.Count > 0 ? $"the answer to {_asked.Values.First().Kind} at {_node!.Name}" : null;

    private string Connection => $"{Name}.{_connections}";

    /// <summary>The line breaks, as lines do.</summary>
    public void Break() => _line?.Break();

    public void Choke(TimeSpan time) => _line?.Choke(time);

    /// <summary>Does something that clients do.</summary>
    public void Act()
    {
        var room = _simulator.Chance.Pick(Rooms);
        if (!_isGreeted)
        {
            return;
        }

        switch (_simulator.Chance.Between(0, 20))
        {
            case 0 when _world.HasTrouble && room.IsIn:
                Say("leave", "leave_room", room);
                break;
            case 1 when _world.HasTrouble && room is { IsIn: true, Epoch: not null }:
                // Once more from further back.
                Join(room, Math.Max(0, room.Last - _simulator.Chance.Between(0, 4)));
                break;
            case 2 when _world.HasTrouble:
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

    private void Connect()
    {
        if (_world.PickNode() is not { } node)
        {
            _simulator.After(TimeSpan.FromSeconds(1), Connect);
            return;
        }

        (_node, _received, _isGreeted, _heardAt) = (node, [], false, _simulator.Now);
        _connections++;
        _lastUnlogged.Clear();
        var line = new SimulatedLine(_simulator, node.Process, _world.LineWindow, _world.LineWay);
        line.OnBytes = bytes => Take(line, bytes);
        line.OnBroken = () => Broken(line);
        _line = line;
        _simulator.Note($"{Name} connects to {node.Name} as {Connection}");
        if (!node.Process.IsAlive)
        {
            line.Break();
        }
        else
        {
            var connection = Connection;
            node.Process.After(_simulator.Chance.Milliseconds(0, 2), () => node.Accept(line, connection, User));
        }
    }

    private void Broken(SimulatedLine line)
    {
        if (line != _line)
        {
            return;
        }

        _simulator.Note($"{Name}: the line is gone");
        (_line, _isGreeted) = (null, false);
        foreach (var asked in _asked.Values.Where(static asked => asked.Publish is not null))
        {
            Published[asked.Publish!].Fate = Fate.Unknown;
        }

        _asked.Clear();
        Rooms.ForEach(static room => room.Out());
        _simulator.After(_simulator.Chance.Milliseconds(20, 1_500), Connect);
    }

    /// <summary>A line that says nothing is asked, and then given up.</summary>
    private void Watch()
    {
        _simulator.After(TimeSpan.FromSeconds(1), Watch);
        if (_line is { } line)
        {
            if (_simulator.Now - _heardAt > Silence)
            {
                _simulator.Note($"{Name} gives the line up");
                line.Break();
            }
            else if (_isGreeted && _simulator.Now - _heardAt > Silence / 3)
            {
                Send("""{"type":"ping"}""");
            }
        }
    }

    private void JoinSoon(ClientRoom room, TimeSpan wait)
    {
        var line = _line;
        _simulator.After(wait, () =>
        {
            if (line == _line && _isGreeted && !room.IsIn && !_asked.Values.Any(asked => asked.Room == room && asked.Kind == "join"))
            {
                Join(room, room.Last);
            }
        });
    }

    private void Join(ClientRoom room, long from)
    {
        var since = room.Epoch is { } epoch ? $"\"since\":{{\"epoch\":\"{epoch}\",\"offset\":{from}}}," : "";
        Say("join", "join_room", room, $"{since}\"echo\":{(_echo ? "true" : "false")}", since: room.Epoch is null ? null : from);
    }

    private void Say(string kind, string type, ClientRoom room, string payload = "", string? publish = null, long? since = null)
    {
        var reference = $"{++_references}";
        _asked.Add(reference, new Asked(kind, room, publish, room.Epoch, since));
        _simulator.Note($"{Name}: {kind} {room.Id} {publish} {since ?? -1}");
        Send($"{{\"type\":\"{type}\",\"room_id\":\"{room.Id}\",\"ref\":\"{reference}\",\"payload\":{{{payload}}}}}");
    }

    private void Send(string text) => _line?.Send(WireFrame.OfText(text).Encode());

    private void Take(SimulatedLine line, byte[] bytes)
    {
        if (line != _line)
        {
            return;
        }

        _heardAt = _simulator.Now;
        _received = _received.Length == 0 ? bytes : [.. _received, .. bytes];
        while (TryTakeFrame(out var opcode, out var payload) && line == _line)
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
                    _simulator.Note($"{Name}: closed with {code}");
                    line.Send(WireFrame.OfClose(code).Encode());
                    Broken(line);
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
                    _simulator.Fail($"{Name} got an answer that it did not ask for: {message}");
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
                _simulator.Note($"{Name}: {message.Type} {closed.Id}");
                closed.Out();
                JoinSoon(closed, _simulator.Chance.Milliseconds(50, 1_000));
                break;
            case "user_joined" or "user_left":
                TakePresence(Find(message.RoomId!), message.Type == "user_joined", message.Payload.GetProperty("user_id").GetString()!);
                break;
            case "chat" when message.Offset is null:
                TakeUnlogged(message);
                break;
            case "chat":
                TakeLogged(message);
                break;
            default:
                _simulator.Fail($"{Name} did not expect: {message}");
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
                    _simulator.Note($"{Name}: {asked.Publish} is {room.Id} {epoch} {publish.Offset}");
                    if (!_echo && room.IsIn && room.Epoch == epoch && publish.Offset == room.Last + 1)
                    {
                        room.Last++;
                    }
                }

                break;
            case "join":
                TakeJoined(asked, payload);
                break;
            case "leave":
                room.Out();
                JoinSoon(room, _simulator.Chance.Milliseconds(50, 8_000));
                break;
        }
    }

    private void TakeJoined(Asked asked, JsonElement payload)
    {
        var room = asked.Room;
        var (recovered, replayed) = (payload.GetProperty("recovered").GetBoolean(), payload.GetProperty("replayed").GetInt64());
        room.IsIn = true;
        room.Members = payload.TryGetProperty("members", out var members)
            ? [.. members.EnumerateArray().Select(static member => member.GetProperty("user_id").GetString()).OfType<string>()]
            : [];
        if (payload.GetProperty("epoch").GetString() is not { } epoch)
        {
            _simulator.Note($"{Name}: in {room.Id}");
            return;
        }

        var newest = payload.GetProperty("offset").GetInt64();
        _simulator.Note($"{Name}: in {room.Id} {epoch} {newest} {recovered} {replayed}");
        if (asked.Since is { } since)
        {
            if (recovered && (epoch != asked.Epoch || newest - since != replayed))
            {
                _simulator.Fail($"{Name} was recovered in {room.Id} from {asked.Epoch} {since} to {epoch} {newest}, with {replayed} messages.");
            }
            else if (!recovered && epoch == asked.Epoch && _world.IsAlive(epoch) && since >= newest - _world.HistoryOf(room.Id))
            {
                _simulator.Fail($"{Name} came back to {room.Id} with {epoch} {since}, the log stands at {newest}, and it was not recovered.");
            }
            else if (!recovered && epoch != asked.Epoch && _world.IsAlive(asked.Epoch!))
            {
                _simulator.Fail($"{Name} came back to {room.Id} with {asked.Epoch}, which is alive, and was given {epoch}.");
            }
        }
        else if (recovered)
        {
            _simulator.Fail($"{Name} was recovered in {room.Id} without a position.");
        }

        if (room.HasLine && epoch != room.Epoch)
        {
            _simulator.Fail($"{Name} is in {room.Id} {room.Epoch}, was not told that it is over, and joined {epoch}.");
        }

        // One that has a line already keeps it where it can't be recovered.
        if (recovered || epoch != room.Epoch || !room.HasLine)
        {
            (room.Epoch, room.Last) = (epoch, newest - replayed);
        }

        room.HasLine = true;
    }

    private void TakeError(Asked asked, LiveMessage error)
    {
        var text = error.Payload.GetProperty("message").GetString()!;
        _simulator.Note($"{Name}: {asked.Kind} {asked.Room.Id} refused: {text}");
        if (error.ErrorCode is not ("UNAVAILABLE" or "NOT_IN_ROOM" or "FORBIDDEN" or "ROOM_NOT_FOUND"))
        {
            _simulator.Fail($"{Name} was refused: {error}");
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
        }
    }

    private void TakeLogged(LiveMessage message)
    {
        var (room, epoch, offset) = (Find(message.RoomId!), message.Epoch!, message.Offset!.Value);
        _simulator.Note($"{Name}: got {room.Id} {epoch} {offset}");
        if (!room.IsIn)
        {
            _simulator.Fail($"{Name} is not in {room.Id} and got {message}");
            return;
        }

        if (epoch != room.Epoch)
        {
            _simulator.Fail($"{Name} is in {room.Id} {room.Epoch}, was not told that it is over, and got {epoch} {offset}.");
            return;
        }

        if (_world.MessageAt(epoch, offset) is not { } stored || stored.Id.ToString() != message.Id)
        {
            _simulator.Fail($"{Name} got {room.Id} {epoch} {offset}, which is not what the log has there.");
            return;
        }

        if (offset <= room.Last)
        {
            _simulator.Fail($"{Name} got {room.Id} {epoch} {offset} again, or too late: it has {room.Last}.");
            return;
        }

        for (var missing = room.Last + 1; missing < offset; missing++)
        {
            // Only what it said itself on this line, and did not want to hear.
            if (_echo || !_world.TextAt(epoch, missing).StartsWith($"{Connection}-", StringComparison.Ordinal))
            {
                _simulator.Fail($"{Name} got {room.Id} {epoch} {offset} after {room.Last}: {missing} is missing.");
                return;
            }
        }

        room.Last = offset;
    }

    private void TakeUnlogged(LiveMessage message)
    {
        var text = message.Payload.GetProperty("p").GetString()!;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var number = int.Parse(text.AsSpan(dash + 1), CultureInfo.InvariantCulture);
        var source = $"{message.RoomId} {text[..dash]}";
        _simulator.Note($"{Name}: got {message.RoomId} {text}");
        if (!_world.HasBeenRude && number <= _lastUnlogged.GetValueOrDefault(source))
        {
            _simulator.Fail($"{Name} got {text} of {message.RoomId} again, or too late.");
        }

        _lastUnlogged[source] = number;
    }

    private void TakePresence(ClientRoom room, bool isHere, string user)
    {
        _simulator.Note($"{Name}: {user} in {room.Id}: {isHere}");
        if (isHere)
        {
            room.Members.Add(user);
        }
        else
        {
            room.Members.Remove(user);
            _world.CheckLeft(Name, room.Id, user);
        }
    }

    private ClientRoom Find(string id) => Rooms.Find(room => room.Id == id) ?? throw new InvalidOperationException($"{Name} never asked for {id}.");

    private sealed record Asked(string Kind, ClientRoom Room, string? Publish, string? Epoch, long? Since);
}

/// <summary>What a client knows of a room.</summary>
internal sealed class ClientRoom(string id)
{
    public string Id => id;

    public bool IsIn { get; set; }

    /// <summary>Whether it was in it on this line.</summary>
    public bool HasLine { get; set; }

    /// <summary>The log that its position is in; null while it has none.</summary>
    public string? Epoch { get; set; }

    /// <summary>The last position that it has.</summary>
    public long Last { get; set; }

    public HashSet<string> Members { get; set; } = [];

    public void Out() => (IsIn, HasLine) = (false, false);
}

/// <summary>A publish and what its publisher knows of it.</summary>
internal sealed class Publish(string room)
{
    public string Room => room;

    public Fate Fate { get; set; } = Fate.Pending;

    public string? Epoch { get; set; }

    public long Offset { get; set; }
}

internal enum Fate
{
    Pending = 1,

    Acknowledged,

    /// <summary>It was not stored, the server says.</summary>
    Refused,

    /// <summary>It may have been stored.</summary>
    Unknown,
}
