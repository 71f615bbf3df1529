using System.Globalization;
using System.Text;
using Causeway.Http;

namespace Causeway.Realtime.Tests;

/// <summary>
/// An <c>EventSource</c>: it reads rooms as an event stream, and comes back with the id of the last event that it got. Whatever that id promises to follow must follow, without a gap or a double, and what can't must be
/// told by <c>reset</c>; and each id must stand for exactly what came up to it, in all rooms of the stream.
/// </summary>
internal sealed class SimulatedReader : SimulatedMember
{
    /// <summary>Ids that it may go back to.</summary>
    private const int Remembered = 8;

    private readonly List<string> _cursors = [];
    private readonly HashSet<string> _toBeReset = [];
    private readonly Dictionary<string, RoomPosition?> _asked = [];
    private readonly StringBuilder _text = new();
    private byte[] _received = [];
    private string? _asks;
    private bool _isGreeted;

    public SimulatedReader(SimulatedWorld world, int number, string? user, IEnumerable<string> rooms)
        : base(world, $"r{number}", user, rooms) => Simulator.After(Simulator.Chance.Milliseconds(0, 1_000), Connect);

    public override string? WaitsFor => !_isGreeted ? $"its greeting at {Node?.Name}" : _toBeReset.Count > 0 ? $"the reset of {string.Join(' ', _toBeReset)} at {Node?.Name}" : null;

    /// <summary>A page is loaded again, or a phone changes its network.</summary>
    public override void Act()
    {
        if (World.HasTrouble && Simulator.Chance.Of(0.06))
        {
            Break();
        }
    }

    protected override void Begin()
    {
        (_received, _isGreeted) = ([], false);
        _text.Clear();
        _toBeReset.Clear();
        _asks = _cursors.LastOrDefault();
        if (World.HasTrouble && _asks is not null && Simulator.Chance.Of(0.2))
        {
            // Further back, with nothing at all, or with what nobody can read.
            _asks = Simulator.Chance.Between(0, 8) switch
            {
                0 => null,
                1 => "not an id of ours",
                _ => Simulator.Chance.Pick(_cursors),
            };
        }

        var isRead = EventCursor.TryParse(_asks ?? "", Rooms.Count, out var positions);
        for (var i = 0; i < Rooms.Count; i++)
        {
            _asked[Rooms[i].Id] = isRead ? positions[i] : null;
        }

        Simulator.Note($"{Name} asks for {_asks}");
    }

    protected override Action Greeting(SimulatedNode node, SimulatedLine line)
    {
        var (connection, rooms, cursor) = (Connection, Rooms.ConvertAll(static room => RoomId.Parse(room.Id)), _asks);
        return () => node.AcceptStream(line, connection, User, rooms, cursor, error => Refused(line, error));
    }

    protected override void Lost() => _isGreeted = false;

    protected override void Take(SimulatedLine line, byte[] bytes)
    {
        _received = [.. _received, .. bytes];
        while (line == Line && TryTakeChunk(out var text))
        {
            _text.Append(text);
            TakeEvents(line);
        }
    }

    private void Refused(SimulatedLine line, ApiError error)
    {
        if (line == Line)
        {
            Simulator.Note($"{Name} is refused: {error.Message}");
            if (error.Code != ErrorCode.Unavailable)
            {
                Simulator.Fail($"{Name} was refused: {error.Code.Name} {error.Message}");
            }

            End(line);
        }
    }

    private bool TryTakeChunk(out string text)
    {
        text = "";
        var bytes = _received.AsSpan();
        var head = bytes.IndexOf("\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        var size = int.Parse(Encoding.ASCII.GetString(bytes[..head]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var end = head + 2 + size + 2;
        if (bytes.Length < end)
        {
            return false;
        }

        if (!bytes[(end - 2)..end].SequenceEqual("\r\n"u8))
        {
            Simulator.Fail($"{Name} got a chunk that does not end where it says.");
        }

        text = Encoding.UTF8.GetString(bytes.Slice(head + 2, size));
        _received = _received[end..];
        return true;
    }

    private void TakeEvents(SimulatedLine line)
    {
        var text = _text.ToString();
        for (int end; line == Line && (end = text.IndexOf("\n\n", StringComparison.Ordinal)) >= 0; text = text[(end + 2)..])
        {
            string? id = null, type = null, data = null;
            foreach (var field in text[..end].Split('\n'))
            {
                _ = field switch
                {
                    ['i', 'd', ':', ' ', ..] => id = field[4..],
                    ['e', 'v', 'e', 'n', 't', ':', ' ', ..] => type = field[7..],
                    ['d', 'a', 't', 'a', ':', ' ', ..] => data = field[6..],
                    _ => null,
                };
            }

            if (data is not null)
            {
                using var json = JsonDocument.Parse(data);
                Take(line, type!, id, new LiveMessage(json.RootElement));
            }
        }

        _text.Clear().Append(text);
    }

    private void Take(SimulatedLine line, string type, string? id, LiveMessage message)
    {
        if (!_isGreeted && type is not ("connected" or "shutdown"))
        {
            Simulator.Fail($"{Name} was not greeted, and got {message}");
            return;
        }

        switch (type)
        {
            case "connected":
                TakeGreeting(id);
                break;
            case "reset":
                TakeReset(message.Payload);
                break;
            case "room_closed" or "kicked":
                var room = Find(message.Payload.GetProperty("room_id").GetString()!);
                Simulator.Note($"{Name}: {type} {room.Id}");
                room.Out();
                _toBeReset.Remove(room.Id);

                // The page opens another stream, from where this one was.
                Simulator.After(Simulator.Chance.Milliseconds(50, 1_000), line.Break);
                break;
            case "shutdown":
                Simulator.Note($"{Name}: sent away");
                break;
            case "user_joined" or "user_left":
                TakePresence(message);
                break;
            case "chat" when message.Offset is null:
                TakeUnlogged(message);
                break;
            case "chat":
                TakeLogged(message, id);
                break;
            default:
                Simulator.Fail($"{Name} did not expect: {message}");
                break;
        }
    }

    /// <summary>The stream begins, at the places that the id says: where the client wanted, or elsewhere, and then it is told.</summary>
    private void TakeGreeting(string? id)
    {
        if (_isGreeted || id is null || !EventCursor.TryParse(id, Rooms.Count, out var positions))
        {
            Simulator.Fail($"{Name} was greeted with {id}.");
            return;
        }

        _isGreeted = true;
        Remember(id);
        for (var i = 0; i < Rooms.Count; i++)
        {
            var (room, wanted) = (Rooms[i], _asked[Rooms[i].Id]);
            if (positions[i] is not { } start)
            {
                // A room without a log, or one that is left out: then that is said next.
                room.IsIn = true;
                room.Epoch = null;
            }
            else
            {
                (room.IsIn, room.Epoch, room.Last) = (true, start.Epoch, start.Offset);
                if (start == wanted)
                {
                    continue;
                }

                if (wanted is { } known && World.MustRecover(room.Id, known))
                {
                    Simulator.Fail($"{Name} came back to {room.Id} with {known.Epoch} {known.Offset}, and was given {start.Epoch} {start.Offset}.");
                }
            }

            if (_asks is not null)
            {
                _toBeReset.Add(room.Id);
            }
        }

        Simulator.Note($"{Name} is at {id}");
    }

    private void TakeReset(JsonElement payload)
    {
        var room = Find(payload.GetProperty("room_id").GetString()!);
        Simulator.Note($"{Name}: reset of {room.Id}");
        if (payload.GetProperty("epoch").GetString() is { } epoch && (room.Epoch, room.Last) is var at && at != (epoch, payload.GetProperty("offset").GetInt64()))
        {
            Simulator.Fail($"{Name} is at {at.Epoch} {at.Last} of {room.Id}, and was reset to {payload}");
        }

        if (!_toBeReset.Remove(room.Id))
        {
            Simulator.Fail($"{Name} is where it wanted to be in {room.Id}, and was reset to {payload}");
        }
    }

    private void TakeLogged(LiveMessage message, string? id)
    {
        if (CheckLogged(message) is not { } room)
        {
            return;
        }

        if (message.Offset != room.Last + 1)
        {
            Simulator.Fail($"{Name} got {room.Id} {room.Epoch} {message.Offset} after {room.Last}: something is missing.");
        }

        if (_toBeReset.Contains(room.Id))
        {
            Simulator.Fail($"{Name} got {room.Id} {room.Epoch} {message.Offset}, and was not told that it is not what follows what it has.");
        }

        room.Last = message.Offset!.Value;
        if (id is null || !EventCursor.TryParse(id, Rooms.Count, out var positions))
        {
            Simulator.Fail($"{Name} got {room.Id} {room.Last} with the id {id}.");
            return;
        }

        for (var i = 0; i < Rooms.Count; i++)
        {
            var (other, position) = (Rooms[i], positions[i]);
            if (other is { IsIn: true, Epoch: not null } && position != new RoomPosition(other.Epoch, other.Last))
            {
                Simulator.Fail($"{Name} has {other.Id} {other.Epoch} up to {other.Last}, and the id says {position?.Epoch} {position?.Offset}.");
            }
        }

        Remember(id);
    }

    private void Remember(string id)
    {
        _cursors.Add(id);
        if (_cursors.Count > Remembered)
        {
            _cursors.RemoveAt(0);
        }
    }
}
