using System.Globalization;

namespace Causeway.Realtime.Tests;

/// <summary>Somebody who listens in rooms over one line at a time, and comes back when it is gone: what a WebSocket and an event stream have in common, with what must be true of all that either gets.</summary>
internal abstract class SimulatedMember(SimulatedWorld world, string name, string? user, IEnumerable<string> rooms)
{
    private readonly Dictionary<string, int> _lastUnlogged = [];
    private int _connections;

    public string Name => name;

    public string? User => user;

    public List<ClientRoom> Rooms { get; } = [.. rooms.Select(static room => new ClientRoom(room))];

    /// <summary>What it waits for, in words; null for nothing.</summary>
    public abstract string? WaitsFor { get; }

    protected SimulatedWorld World => world;

    protected Simulator Simulator => world.Simulator;

    protected SimulatedLine? Line { get; private set; }

    protected SimulatedNode? Node { get; private set; }

    protected string Connection => $"{name}.{_connections}";

    /// <summary>Does something that members do.</summary>
    public abstract void Act();

    /// <summary>The line breaks, as lines do.</summary>
    public void Break() => Line?.Break();

    public void Choke(TimeSpan time) => Line?.Choke(time);

    /// <summary>Whether a message is one that it did not want to hear.</summary>
    public virtual bool IsOwn(string text) => false;

    protected void Connect()
    {
        if (world.PickNode() is not { } node)
        {
            Simulator.After(TimeSpan.FromSeconds(1), Connect);
            return;
        }

        Node = node;
        _connections++;
        _lastUnlogged.Clear();
        var line = new SimulatedLine(Simulator, node.Process, world.LineWindow, world.LineWay);
        line.OnBytes = bytes =>
        {
            if (line == Line)
            {
                Take(line, bytes);
            }
        };
        line.OnBroken = () => End(line);
        Line = line;
        Simulator.Note($"{name} connects to {node.Name} as {Connection}");
        Begin();
        if (node.Process.IsAlive)
        {
            node.Dial(line);
            node.Process.After(Simulator.Chance.Milliseconds(0, 2), Greeting(node, line));
        }
        else
        {
            line.Break();
        }
    }

    /// <summary>The line is over, as far as this one can see; another one follows.</summary>
    protected void End(SimulatedLine line)
    {
        if (line == Line)
        {
            Simulator.Note($"{name}: the line is gone");
            Line = null;
            Lost();
            Rooms.ForEach(static room => room.Out());
            Simulator.After(Simulator.Chance.Milliseconds(20, 1_500), Connect);
        }
    }

    /// <summary>A line begins.</summary>
    protected abstract void Begin();

    /// <summary>What the node does with the line.</summary>
    protected abstract Action Greeting(SimulatedNode node, SimulatedLine line);

    protected abstract void Take(SimulatedLine line, byte[] bytes);

    /// <summary>The line has ended.</summary>
    protected abstract void Lost();

    protected ClientRoom Find(string id) => Rooms.Find(room => room.Id == id) ?? throw new InvalidOperationException($"{name} never asked for {id}.");

    /// <summary>Looks at a message of a log: it must be what the log has, of the log that this one knows, and new.</summary>
    /// <returns>Its room; null where it is none of that.</returns>
    protected ClientRoom? CheckLogged(LiveMessage message)
    {
        var (room, epoch, offset) = (Find(message.RoomId!), message.Epoch!, message.Offset!.Value);
        Simulator.Note($"{name}: got {room.Id} {epoch} {offset}");
        if (!room.IsIn)
        {
            Simulator.Fail($"{name} is not in {room.Id} and got {message}");
        }
        else if (epoch != room.Epoch)
        {
            Simulator.Fail($"{name} is in {room.Id} {room.Epoch}, was not told that it is over, and got {epoch} {offset}.");
        }
        else if (world.MessageAt(epoch, offset) is not { } stored || stored.Id.ToString() != message.Id)
        {
            Simulator.Fail($"{name} got {room.Id} {epoch} {offset}, which is not what the log has there.");
        }
        else if (offset <= room.Last)
        {
            Simulator.Fail($"{name} got {room.Id} {epoch} {offset} again, or too late: it has {room.Last}.");
        }
        else
        {
            return room;
        }

        return null;
    }

    /// <summary>A message that no log holds: at most once, in the order of its publisher.</summary>
    protected void TakeUnlogged(LiveMessage message)
    {
        var text = message.Payload.GetProperty("p").GetString()!;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var number = int.Parse(text.AsSpan(dash + 1), CultureInfo.InvariantCulture);
        var source = $"{message.RoomId} {text[..dash]}";
        Simulator.Note($"{name}: got {message.RoomId} {text}");
        if (!world.HasBeenRude && number <= _lastUnlogged.GetValueOrDefault(source))
        {
            Simulator.Fail($"{name} got {text} of {message.RoomId} again, or too late.");
        }

        _lastUnlogged[source] = number;
    }

    protected void TakePresence(LiveMessage message)
    {
        var (room, user, isHere) = (Find(message.RoomId!), message.Payload.GetProperty("user_id").GetString()!, message.Type == "user_joined");
        Simulator.Note($"{name}: {user} in {room.Id}: {isHere}");
        if (isHere)
        {
            room.Members.Add(user);
        }
        else
        {
            room.Members.Remove(user);
            world.CheckLeft(name, room.Id, user);
        }
    }
}
