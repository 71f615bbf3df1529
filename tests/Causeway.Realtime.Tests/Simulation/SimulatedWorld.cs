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

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedClient> _clients = [];
    private readonly Dictionary<string, (string Room, bool IsDone)> _keyed = [];
    private readonly List<Action> _troubles = [];
    private readonly TimeSpan _troubleEnds;
    private readonly TimeSpan _pace;
    private readonly string[] _rooms;
    private ILookup<string, (SimulatedLog Log, long Offset, string Text)>? _stored;
    private int _names;
    private int _keys;

    private SimulatedWorld(Simulator simulator)
    {
        Simulator = simulator;
        var chance = simulator.Chance;
        (Database, Backplane) = (new SimulatedDatabase(simulator), new SimulatedBackplane(simulator));
        Options = new RealtimeOptions { NodeLeaseSeconds = 6, HeartbeatSeconds = chance.Pick([3, 25]), MessagesPerSecond = 1_000_000, BacklogBytes = chance.Pick([4_096, 1_048_576]) };
        Options.Namespaces["d"] = new NamespaceOptions { Durable = true, History = chance.Pick([8, 40, 200]) };
        Options.Namespaces["m"] = new NamespaceOptions { History = chance.Pick([8, 40, 200]) };
        Options.Namespaces["e"] = new NamespaceOptions { History = 0 };
        LineWindow = chance.Pick([600, 4_096, 65_536]);
        LineWay = chance.Pick([TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(80)]);
        _rooms = [.. new[] { "d:1", "d:2", "m:1", "e:1" }.Where(_ => chance.Of(0.6)).DefaultIfEmpty("d:1")];
        _pace = chance.Pick([TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(600)]);
        _troubleEnds = chance.Between(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
        AddTroubles();
        var nodes = chance.Between(2, 4);
        for (var i = 0; i < nodes; i++)
        {
            StartNode();
        }

        var clients = chance.Between(3, 7);
        for (var i = 1; i <= clients; i++)
        {
            var rooms = _rooms.Where(_ => chance.Of(0.7)).DefaultIfEmpty(chance.Pick(_rooms));
            _clients.Add(new SimulatedClient(this, i, chance.Of(0.1) ? null : $"u{chance.Between(1, 6)}", echo: chance.Of(0.7), rooms));
        }

        _clients.ForEach(ActOften);
        simulator.After(TimeSpan.FromSeconds(1), PublishOften);
        simulator.After(TimeSpan.FromSeconds(2), PruneOften);
        simulator.After(TimeSpan.FromSeconds(2), MakeTrouble);
        simulator.After(_troubleEnds, EndTrouble);
    }

    public Simulator Simulator { get; }

    public SimulatedDatabase Database { get; }

    public SimulatedBackplane Backplane { get; }

    public RealtimeOptions Options { get; }

    public int LineWindow { get; }

    public TimeSpan LineWay { get; }

    public bool HasTrouble => Simulator.Now < _troubleEnds;

    /// <summary>Whether the backplane has broken its own promise of order.</summary>
    public bool HasBeenRude { get; private set; }

    /// <summary>Runs one seed to its end, or to the first promise that is broken.</summary>
    public static Simulator Run(int seed, bool keepsTrace = false)
    {
        var simulator = new Simulator(seed, keepsTrace);
        var world = new SimulatedWorld(simulator);
        simulator.RunUntil(world._troubleEnds + Settling);
        foreach (var room in world._rooms)
        {
            world.PublishLast(room, world._troubleEnds + Settling + TimeSpan.FromSeconds(20));
        }

        simulator.RunUntil(world._troubleEnds + Settling + TimeSpan.FromSeconds(30));
        if (simulator.Failure is null)
        {
            world.CheckEnd();
        }

        world._nodes.ForEach(static node => node.Kill());
        return simulator;
    }

    /// <summary>Where a client connects to; it does not see whether that node stands still.</summary>
    public SimulatedNode? PickNode() => _nodes.Count == 0 ? null : Simulator.Chance.Pick(_nodes);

    public int HistoryOf(string room) => Options.Namespaces[room[..1]].History!.Value;

    /// <summary>Whether a log is one that can be gone on with.</summary>
    public bool IsAlive(string epoch) => Database.Logs.Find(log => log.Epoch == epoch) is { IsDeleted: false } log && (log.Life is null || log.Life == Database.Life);

    public RoomLogMessage? MessageAt(string epoch, long offset) =>
        Database.Logs.Find(log => log.Epoch == epoch) is { } log && offset >= 1 && offset <= log.Newest ? log.Messages[(int)offset - 1] : null;

    public string TextAt(string epoch, long offset) => MessageAt(epoch, offset) is { } message ? TextOf(message) : "";

    /// <summary>Somebody is said to have left.</summary>
    public void CheckLeft(string client, string room, string user)
    {
        // Long after the trouble, when nobody leaves any more.
        if (Simulator.Now > _troubleEnds + TimeSpan.FromSeconds(25) && _clients.Any(other => other.User == user && other.Rooms.Any(of => of.Id == room && of.IsIn)))
        {
            Simulator.Fail($"{client} heard that {user} has left {room}, who is there.");
        }
    }

    private static string TextOf(RoomLogMessage message)
    {
        using var json = JsonDocument.Parse(message.Payload);
        return json.RootElement.GetProperty("p").GetString()!;
    }

    private void StartNode()
    {
        var node = new SimulatedNode(this, $"n{++_names}");
        _nodes.Add(node);
        Simulator.Note($"{node.Name} starts");
    }

    private void Remove(SimulatedNode node, TimeSpan away)
    {
        _nodes.Remove(node);
        Simulator.After(away, StartNode);
    }

    private void ActOften(SimulatedClient client)
    {
        Simulator.After(Simulator.Chance.Between(_pace / 4, _pace * 2), () =>
        {
            if (Simulator.Now < _troubleEnds + (Settling / 2))
            {
                client.Act();
                ActOften(client);
            }
        });
    }

    /// <summary>Somebody publishes over HTTP, under a key, again and again until it is done.</summary>
    private void PublishOften()
    {
        if (HasTrouble)
        {
            var room = Simulator.Chance.Pick(_rooms);
            if (room[0] != 'e')
            {
                var key = $"k{++_keys}";
                _keyed.Add(key, (room, false));
                PublishKeyed(room, key);
            }

            Simulator.After(Simulator.Chance.Between(_pace, _pace * 4), PublishOften);
        }
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
            var result = await node.Core.Rooms.PublishAsync(RoomId.Parse(room, null), "chat", Encoding.UTF8.GetBytes($"{{\"p\":\"{key}\"}}"), new PublishOptions { IdempotencyKey = key });
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

    private void AddTroubles()
    {
        Action[] all = [KillNode, FreezeNode, StopNode, CrashDatabase, TroubleDatabase, SlowDatabase, CutDatabase, CutBackplane, SlowBackplane, BeRude, BreakLine, ChokeLine, DeleteRoom, Kick, Flood];
        _troubles.AddRange(all.Where(_ => Simulator.Chance.Of(0.4)));
    }

    private void MakeTrouble()
    {
        if (HasTrouble && _troubles.Count > 0)
        {
            Simulator.Chance.Pick(_troubles)();
            Simulator.After(Simulator.Chance.Milliseconds(100, 4_000), MakeTrouble);
        }
    }

    /// <summary>Long, at times, and never beyond the end of all trouble.</summary>
    private TimeSpan Time(double longest)
    {
        var time = Simulator.Chance.Of(0.7) ? Simulator.Chance.Milliseconds(50, 1_500) : Simulator.Chance.Milliseconds(500, longest * 1_000);
        var left = _troubleEnds - Simulator.Now;
        return time < left ? time : left;
    }

    private void Note(string trouble, TimeSpan time) => Simulator.Note($"-- {trouble} for {time}");

    private void KillNode()
    {
        if (PickNode() is { } node)
        {
            var away = Time(12);
            Note($"{node.Name} is killed", away);
            Remove(node, away);
            node.Kill();
        }
    }

    private void FreezeNode()
    {
        if (PickNode() is { Process.IsFrozen: false } node)
        {
            var time = Time(15);
            Note($"{node.Name} stands still", time);
            node.Process.Freeze();
            Simulator.After(time, node.Process.Thaw);
        }
    }

    private void StopNode()
    {
        if (PickNode() is { Process.IsFrozen: false } node && _nodes.Count > 1)
        {
            var away = Time(4);
            Note($"{node.Name} is stopped", away);
            Remove(node, away);
            node.Stop(Simulator.Chance.Milliseconds(200, 3_000));
        }
    }

    private void CrashDatabase()
    {
        var time = Time(8);
        Note("the database crashes", time);
        Database.Crash();
        Simulator.After(time, () => Database.IsDown = false);
    }

    private void TroubleDatabase()
    {
        var time = Time(8);
        Note("the database refuses, and answers are lost", time);
        (Database.Refusals, Database.LostAnswers) = (0.2, 0.2);
        Simulator.After(time, () => (Database.Refusals, Database.LostAnswers) = (0, 0));
    }

    private void SlowDatabase()
    {
        var time = Time(8);
        Note("the database is slow", time);
        (Database.Slowness, Database.Hangs) = (TimeSpan.FromMilliseconds(300), 0.03);
        Simulator.After(time, () => (Database.Slowness, Database.Hangs) = (TimeSpan.FromMilliseconds(2), 0));
    }

    private void CutDatabase()
    {
        if (PickNode() is { } node)
        {
            var time = Time(12);
            Note($"{node.Name} can't reach the database", time);
            Database.CutOff.Add(node.Process);
            Simulator.After(time, () => Database.CutOff.Remove(node.Process));
        }
    }

    private void CutBackplane()
    {
        if (PickNode() is { } node)
        {
            var (time, all) = (Time(10), Simulator.Chance.Of(0.3));
            Note(all ? "the backplane is down" : $"{node.Name} is cut off", time);
            Backplane.Cut(all ? [.. _nodes.Select(static other => other.Process)] : [node.Process], time, Simulator.Chance.Between(TimeSpan.Zero, time));
        }
    }

    private void SlowBackplane()
    {
        var time = Time(6);
        Note("the backplane is slow", time);
        Backplane.Slowness = TimeSpan.FromMilliseconds(1_500);
        Simulator.After(time, () => Backplane.Slowness = TimeSpan.FromMilliseconds(3));
    }

    private void BeRude()
    {
        var time = Time(6);
        Note("the backplane repeats and mixes up", time);
        HasBeenRude = true;
        (Backplane.Duplicates, Backplane.Overtaken) = (0.1, 0.1);
        Simulator.After(time, () => (Backplane.Duplicates, Backplane.Overtaken) = (0, 0));
    }

    private void BreakLine() => Simulator.Chance.Pick(_clients).Break();

    private void ChokeLine() => Simulator.Chance.Pick(_clients).Choke(Time(6));

    private void DeleteRoom()
    {
        var room = Simulator.Chance.Pick(_rooms);
        if (PickNode() is { } node)
        {
            Simulator.Note($"-- {room} is deleted at {node.Name}");
            node.Process.Start(async () =>
            {
                try
                {
                    await node.Core.Rooms.DeleteAsync(RoomId.Parse(room, null), "deleted");
                }
                catch (RoomLogUnavailableException)
                {
                    Simulator.Note($"{room} could not be deleted");
                }
            });
        }
    }

    private void Kick()
    {
        var (client, room) = (Simulator.Chance.Pick(_clients), Simulator.Chance.Pick(_rooms));
        if (PickNode() is { } node && client.User is { } user)
        {
            Simulator.Note($"-- {user} is put out of {room} at {node.Name}");
            node.Process.After(TimeSpan.Zero, () => node.Core.Rooms.KickUser(RoomId.Parse(room, null), user, "out"));
        }
    }

    /// <summary>More at once than some rooms keep.</summary>
    private void Flood()
    {
        var room = Simulator.Chance.Pick(_rooms);
        if (room[0] != 'e' && PickNode() is { } node)
        {
            var count = Simulator.Chance.Between(10, 80);
            Simulator.Note($"-- {count} messages at once in {room}");
            for (var i = 0; i < count; i++)
            {
                var key = $"k{++_keys}";
                _keyed.Add(key, (room, false));
                PublishKeyed(room, key);
            }
        }
    }

    private void EndTrouble()
    {
        Simulator.Note($"-- it is over");
        _nodes.ForEach(static node => node.Process.Thaw());
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
        foreach (var client in _clients)
        {
            if (client.WaitsFor is { } what)
            {
                Simulator.Fail($"{client.Name} still waits for {what}.");
            }

            client.Rooms.ForEach(room => CheckRoom(client, room));
            foreach (var (text, publish) in client.Published)
            {
                CheckPublish(text, publish.Room, publish.Fate, publish.Epoch, publish.Offset);
            }
        }

        foreach (var (key, (room, isDone)) in _keyed)
        {
            if (!isDone)
            {
                Simulator.Fail($"{key} could never be published in {room}.");
            }

            CheckPublish(key, room, Fate.Unknown, null, 0);
        }

        _nodes.ForEach(CheckPresence);
    }

    /// <summary>Everybody is where they want to be, with all that there is, and knows who else is there.</summary>
    private void CheckRoom(SimulatedClient client, ClientRoom room)
    {
        if (!room.IsIn)
        {
            Simulator.Fail($"{client.Name} is not in {room.Id}.");
            return;
        }

        var here = UsersIn(room.Id);
        if (!here.SetEquals(room.Members))
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
            if (!TextAt(log.Epoch, offset).StartsWith($"{client.Name}.", StringComparison.Ordinal))
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

    private HashSet<string> UsersIn(string room) => [.. _clients.Where(client => client.User is not null && client.Rooms.Exists(of => of.Id == room && of.IsIn)).Select(static client => client.User!)];

    /// <summary>Each node says the same of who is where, and how many devices they have there.</summary>
    private void CheckPresence(SimulatedNode node)
    {
        foreach (var room in _rooms)
        {
            if (node.Core.Rooms.Members(RoomId.Parse(room, null)) is { } members)
            {
                var told = string.Join(' ', members.Select(static member => $"{member.UserId ?? "-"}×{member.Devices}"));
                var there = string.Join(' ', _clients.Where(client => client.Rooms.Exists(of => of.Id == room && of.IsIn)).GroupBy(static client => client.User)
                    .OrderBy(static of => of.Key, StringComparer.Ordinal).Select(static of => $"{of.Key ?? "-"}×{of.Count()}"));
                if (told != there)
                {
                    Simulator.Fail($"{node.Name} says {told} of {room}, it is {there}.");
                }
            }
        }
    }
}
