using System.Text;

namespace Causeway.Realtime.Tests;

/// <summary>
/// A cluster under load and in trouble, for a while, and then left alone: until everything has settled it must keep what is promised at every moment, and in the end all must have everything.
/// What runs on the nodes is the live service as it is: connections, loops, rooms, catching up, presence, from the bytes that come in to those that go out. Simulated are the clients, the lines, the
/// backplane, the database under <see cref="IRoomLogStore"/> and <see cref="IClusterStore"/>, the clocks and the threads.
/// </summary>
internal sealed class SimulatedWorld
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);

    private readonly List<SimulatedClient> _clients = [];
    private readonly Dictionary<string, (string Room, bool IsDone)> _keyed = [];
    private readonly List<SimulatedReader> _readers = [];
    private readonly SimulatedTroubles _troubles;
    private readonly TimeSpan _pace;
    private ILookup<string, (SimulatedLog Log, long Offset, string Text)>? _stored;
    private int _names;
    private int _keys;

    private SimulatedWorld(Simulator simulator)
    {
        Simulator = simulator;
        var chance = simulator.Chance;
        (Database, Backplane) = (new SimulatedDatabase(simulator), new SimulatedBackplane(simulator));
        Options = new RealtimeOptions { NodeLeaseSeconds = 6, HeartbeatSeconds = chance.Pick([3, 25]), MessagesPerSecond = 1_000_000, BacklogBytes = chance.Pick([4_096, 1_048_576]) };
        Options.Namespaces["d"] = new NamespaceOptions { Durable = true, History = chance.Pick([8, 40, 200]), SlowConsumer = PickPolicy() };
        Options.Namespaces["m"] = new NamespaceOptions { History = chance.Pick([8, 40, 200]), SlowConsumer = PickPolicy() };
        Options.Namespaces["e"] = new NamespaceOptions { History = 0, SlowConsumer = PickPolicy() };
        LineWindow = chance.Pick([600, 4_096, 65_536]);
        LineWay = chance.Pick([TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(80)]);
        Rooms = [.. new[] { "d:1", "d:2", "m:1", "e:1" }.Where(_ => chance.Of(0.6)).DefaultIfEmpty("d:1")];
        _pace = chance.Pick([TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(600)]);
        TroubleEnds = chance.Between(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
        _troubles = new SimulatedTroubles(this);
        var nodes = chance.Between(2, 4);
        for (var i = 0; i < nodes; i++)
        {
            StartNode();
        }

        var clients = chance.Between(3, 7);
        for (var i = 1; i <= clients; i++)
        {
            var rooms = Rooms.Where(_ => chance.Of(0.7)).DefaultIfEmpty(chance.Pick(Rooms));
            _clients.Add(new SimulatedClient(this, i, chance.Of(0.1) ? null : $"u{chance.Between(1, 6)}", echo: chance.Of(0.7), rooms));
        }

        for (var i = chance.Between(0, 4); i > 0; i--)
        {
            var rooms = Rooms.Where(_ => chance.Of(0.6)).DefaultIfEmpty(chance.Pick(Rooms)).OrderBy(_ => chance.Between(0, 100)).ToList();
            _readers.Add(new SimulatedReader(this, i, chance.Of(0.3) ? null : $"u{chance.Between(1, 6)}", rooms));
        }

        foreach (var member in Members)
        {
            ActOften(member);
        }

        simulator.After(TimeSpan.FromSeconds(1), PublishOften);
        simulator.After(TimeSpan.FromSeconds(2), PruneOften);
        simulator.After(TimeSpan.FromSeconds(2), _troubles.MakeOften);
        simulator.After(TroubleEnds, _troubles.End);
    }

    public Simulator Simulator { get; }

    public SimulatedDatabase Database { get; }

    public SimulatedBackplane Backplane { get; }

    public RealtimeOptions Options { get; }

    public int LineWindow { get; }

    public TimeSpan LineWay { get; }

    public List<SimulatedNode> Nodes { get; } = [];

    public string[] Rooms { get; }

    /// <summary>Whoever listens.</summary>
    public IEnumerable<SimulatedMember> Members => [.. _clients, .. _readers];

    /// <summary>From when on everything is left alone.</summary>
    public TimeSpan TroubleEnds { get; }

    public bool HasTrouble => Simulator.Now < TroubleEnds;

    /// <summary>Whether the backplane has broken its own promise of order.</summary>
    public bool HasBeenRude { get; set; }

    /// <summary>Runs one seed to its end, or to the first promise that is broken.</summary>
    public static Simulator Run(int seed, bool keepsTrace = false)
    {
        var simulator = new Simulator(seed, keepsTrace);
        var world = new SimulatedWorld(simulator);
        simulator.RunUntil(world.TroubleEnds + Settling);
        foreach (var room in world.Rooms)
        {
            world.PublishLast(room, world.TroubleEnds + Settling + TimeSpan.FromSeconds(20));
        }

        simulator.RunUntil(world.TroubleEnds + Settling + TimeSpan.FromSeconds(30));
        if (simulator.Failure is null)
        {
            world.CheckEnd();
        }

        world.Nodes.ForEach(static node => node.Kill());
        return simulator;
    }

    /// <summary>Where a client connects to; it does not see whether that node stands still.</summary>
    public SimulatedNode? PickNode() => Nodes.Count == 0 ? null : Simulator.Chance.Pick(Nodes);

    public int HistoryOf(string room) => Options.Namespaces[room[..1]].History!.Value;

    public SlowConsumerPolicy PolicyOf(string room) => Options.Namespaces[room[..1]].SlowConsumer!.Value;

    /// <summary>Whether a log is one that can be gone on with.</summary>
    public bool IsAlive(string epoch) => Database.Logs.Find(log => log.Epoch == epoch) is { IsDeleted: false } log && (log.Life is null || log.Life == Database.Life);

    public RoomLogMessage? MessageAt(string epoch, long offset) =>
        Database.Logs.Find(log => log.Epoch == epoch) is { } log && offset >= 1 && offset <= log.Newest ? log.Messages[(int)offset - 1] : null;

    /// <summary>Whether whoever comes with a position must be given all that follows it.</summary>
    public bool MustRecover(string room, RoomPosition from) =>
        IsAlive(from.Epoch) && Database.Find(room) is { } log && log.Epoch == from.Epoch && from.Offset >= log.Newest - HistoryOf(room);

    /// <summary>Whether a message has been followed by another one of its key, or went with its log, or retention may have taken it.</summary>
    public bool HasNewerOfItsKey(string room, string epoch, long offset) =>
        Database.Logs.Find(log => log.Epoch == epoch) is { } log && MessageAt(epoch, offset) is { } message
        && (log.IsDeleted || offset <= log.Newest - HistoryOf(room) || log.Messages.Skip((int)offset).Any(later => KeyOf(later) == KeyOf(message)));

    public string TextAt(string epoch, long offset) => MessageAt(epoch, offset) is { } message ? TextOf(message) : "";

    /// <summary>Somebody is said to have left.</summary>
    public void CheckLeft(string client, string room, string user)
    {
        // Long after the trouble, when nobody leaves any more.
        if (Simulator.Now > TroubleEnds + TimeSpan.FromSeconds(25) && Members.Any(other => other.User == user && other.Rooms.Any(of => of.Id == room && of.IsIn)))
        {
            Simulator.Fail($"{client} heard that {user} has left {room}, who is there.");
        }
    }

    private static string KeyOf(RoomLogMessage message) => message.ConflateKey ?? message.Type;

    private static string TextOf(RoomLogMessage message)
    {
        using var json = JsonDocument.Parse(message.Payload);
        return json.RootElement.GetProperty("p").GetString()!;
    }

    private void StartNode()
    {
        var node = new SimulatedNode(this, $"n{++_names}");
        Nodes.Add(node);
        Simulator.Note($"{node.Name} starts");
    }

    /// <summary>A node is no more, and another one comes after a time.</summary>
    public void Replace(SimulatedNode node, TimeSpan away)
    {
        Nodes.Remove(node);
        Simulator.After(away, StartNode);
    }

    private void ActOften(SimulatedMember member)
    {
        Simulator.After(Simulator.Chance.Between(_pace / 4, _pace * 2), () =>
        {
            if (Simulator.Now < TroubleEnds + (Settling / 2))
            {
                member.Act();
                ActOften(member);
            }
        });
    }

    /// <summary>So many messages at once in a room.</summary>
    public void Flood(string room, int count)
    {
        for (var i = 0; i < count; i++)
        {
            PublishKeyed(room);
        }
    }

    private SlowConsumerPolicy PickPolicy() => Simulator.Chance.Pick([SlowConsumerPolicy.Disconnect, SlowConsumerPolicy.Disconnect, SlowConsumerPolicy.DropOldest, SlowConsumerPolicy.Conflate]);

    /// <summary>Somebody publishes over HTTP, under a key, again and again until it is done.</summary>
    private void PublishOften()
    {
        if (HasTrouble)
        {
            var room = Simulator.Chance.Pick(Rooms);
            if (room[0] != 'e')
            {
                PublishKeyed(room);
            }

            Simulator.After(Simulator.Chance.Between(_pace, _pace * 4), PublishOften);
        }
    }

    private void PublishKeyed(string room)
    {
        var key = $"k{++_keys}";
        _keyed.Add(key, (room, false));
        PublishKeyed(room, key);
    }

    private void PublishKeyed(string room, string key)
    {
        if (_keyed[key].IsDone)
        {
            return;
        }

        Simulator.After(TimeSpan.FromSeconds(3), () => PublishKeyed(room, key));
        if (PickNode() is not { } node)
        {
            return;
        }

        node.Process.Start(async () =>
        {
            var result = await node.Core.Rooms.PublishAsync(RoomId.Parse(room, null), "chat", Encoding.UTF8.GetBytes($"{{\"p\":\"{key}\"}}"), new PublishOptions { IdempotencyKey = key, ConflateKey = $"k{key[^1]}" });
            Simulator.Note($"{key} in {room}: {result.Error?.Message} {result.Epoch} {result.Offset ?? 0}");
            if (result.Published)
            {
                if (MessageAt(result.Epoch!, result.Offset!.Value) is not { } stored || stored.Id != result.Id)
                {
                    Simulator.Fail($"{key} was published in {room} as {result.Epoch} {result.Offset}, and something else is there.");
                }

                _keyed[key] = (room, true);
            }
        });
    }

    private void PruneOften()
    {
        Database.Logs.ForEach(static log => log.Prune());
        Simulator.After(Simulator.Chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)), PruneOften);
    }

    /// <summary>One more message in a room, whoever can: it must be possible now.</summary>
    private void PublishLast(string room, TimeSpan until)
    {
        var members = _clients.Where(client => client.Rooms.Exists(of => of.Id == room)).ToList();
        if (members.Count > 0 && Simulator.Now < until)
        {
            var client = Simulator.Chance.Pick(members);
            client.PublishIn(client.Rooms.Find(of => of.Id == room)!);
            Simulator.After(TimeSpan.FromSeconds(5), () => PublishLast(room, until));
        }
    }

    private void CheckEnd()
    {
        foreach (var member in Members)
        {
            if (member.WaitsFor is { } what)
            {
                Simulator.Fail($"{member.Name} still waits for {what}.");
            }

            member.Rooms.ForEach(room => CheckRoom(member, room));
        }

        foreach (var (text, publish) in _clients.SelectMany(static client => client.Published))
        {
            CheckPublish(text, publish.Room, publish.Fate, publish.Epoch, publish.Offset);
        }

        foreach (var (key, (room, isDone)) in _keyed)
        {
            if (!isDone)
            {
                Simulator.Fail($"{key} could never be published in {room}.");
            }

            CheckPublish(key, room, Fate.Unknown, null, 0);
        }

        Nodes.ForEach(CheckPresence);
    }

    /// <summary>Everybody is where they want to be, with all that there is, and knows who else is there.</summary>
    private void CheckRoom(SimulatedMember client, ClientRoom room)
    {
        if (!room.IsIn)
        {
            Simulator.Fail($"{client.Name} is not in {room.Id}.");
            return;
        }

        var here = UsersIn(room.Id);
        if (client is SimulatedClient && !here.SetEquals(room.Members))
        {
            Simulator.Fail($"{client.Name} knows {string.Join(' ', room.Members.Order())} in {room.Id}, there are {string.Join(' ', here.Order())}.");
        }

        if (HistoryOf(room.Id) == 0)
        {
            return;
        }

        var log = Database.Find(room.Id);
        if (log?.Epoch != room.Epoch)
        {
            Simulator.Fail($"{client.Name} is in {room.Id} {room.Epoch}, the log is {log?.Epoch}.");
        }

        for (var offset = room.Last + 1; offset <= log!.Newest; offset++)
        {
            if (!client.IsOwn(TextAt(log.Epoch, offset)) && !room.MayMiss(offset))
            {
                Simulator.Fail($"{client.Name} has {room.Id} {room.Epoch} up to {room.Last}, the log goes up to {log.Newest}.");
                return;
            }
        }
    }

    private void CheckPublish(string text, string room, Fate fate, string? epoch, long offset)
    {
        var found = _stored ??= Database.Logs.SelectMany(static log => log.Messages.Select(message => (Log: log, message.Offset, Text: TextOf(message)))).ToLookup(static stored => stored.Text);
        var all = found[text].ToList();
        if (fate == Fate.Acknowledged && epoch is not null && !all.Exists(stored => stored.Log.Epoch == epoch && stored.Offset == offset))
        {
            Simulator.Fail($"{text} was acknowledged in {room} as {epoch} {offset}, and is not there.");
        }

        // A log that is deleted takes its keys with it.
        if (all.GroupBy(static stored => stored.Log).Any(static of => of.Count() > 1) || (text[0] != 'k' && all.Count > 1))
        {
            Simulator.Fail($"{text} was stored {all.Count} times.");
        }

        // What is over with its log does not matter.
        if (fate == Fate.Refused && all.Exists(stored => IsAlive(stored.Log.Epoch)))
        {
            Simulator.Fail($"{text} was refused in {room}, and is there.");
        }
    }

    private HashSet<string> UsersIn(string room) => [.. Members.Where(client => client.User is not null && client.Rooms.Exists(of => of.Id == room && of.IsIn)).Select(static client => client.User!)];

    /// <summary>Each node says the same of who is where, and how many devices they have there.</summary>
    private void CheckPresence(SimulatedNode node)
    {
        foreach (var room in Rooms)
        {
            if (node.Core.Rooms.Members(RoomId.Parse(room, null)) is { } members)
            {
                var told = string.Join(' ', members.Select(static member => $"{member.UserId ?? "-"}×{member.Devices}"));
                var there = string.Join(' ', Members.Where(client => client.Rooms.Exists(of => of.Id == room && of.IsIn)).GroupBy(static client => client.User)
                    .OrderBy(static of => of.Key, StringComparer.Ordinal).Select(static of => $"{of.Key ?? "-"}×{of.Count()}"));
                if (told != there)
                {
                    Simulator.Fail($"{node.Name} says {told} of {room}, it is {there}.");
                }
            }
        }
    }
}
