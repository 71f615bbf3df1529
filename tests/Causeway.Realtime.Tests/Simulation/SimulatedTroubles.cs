namespace Causeway.Realtime.Tests;

/// <summary>What goes wrong in a simulated world, of the kinds that its seed has picked.</summary>
internal sealed class SimulatedTroubles
{
    private readonly SimulatedWorld _world;
    private readonly List<Action> _all;

    public SimulatedTroubles(SimulatedWorld world)
    {
        _world = world;
        Action[] all = [KillNode, FreezeNode, StopNode, CrashDatabase, TroubleDatabase, SlowDatabase, CutDatabase, CutBackplane, SlowBackplane, BeRude, BreakLine, ChokeLine, DeleteRoom, Kick, Flood];
        _all = [.. all.Where(_ => world.Simulator.Chance.Of(0.4))];
    }

    /// <summary>Something goes wrong now and then, until <see cref="SimulatedWorld.TroubleEnds"/>.</summary>
    public void MakeOften()
    {
        if (_world.HasTrouble && _all.Count > 0)
        {
            _world.Simulator.Chance.Pick(_all)();
            _world.Simulator.After(_world.Simulator.Chance.Milliseconds(100, 4_000), MakeOften);
        }
    }

    /// <summary>Long, at times, and never beyond the end of all trouble.</summary>
    private TimeSpan Time(double longest)
    {
        var time = _world.Simulator.Chance.Of(0.7) ? _world.Simulator.Chance.Milliseconds(50, 1_500) : _world.Simulator.Chance.Milliseconds(500, longest * 1_000);
        var left = _world.TroubleEnds - _world.Simulator.Now;
        return time < left ? time : left;
    }

    private void Note(string trouble, TimeSpan time) => _world.Simulator.Note($"-- {trouble} for {time}");

    private void KillNode()
    {
        if (_world.PickNode() is { } node)
        {
            var away = Time(12);
            Note($"{node.Name} is killed", away);
            _world.Replace(node, away);
            node.Kill();
        }
    }

    private void FreezeNode()
    {
        if (_world.PickNode() is { Process.IsFrozen: false } node)
        {
            var time = Time(15);
            Note($"{node.Name} stands still", time);
            node.Process.Freeze();
            _world.Simulator.After(time, node.Process.Thaw);
        }
    }

    private void StopNode()
    {
        if (_world.PickNode() is { Process.IsFrozen: false } node && _world.Nodes.Count > 1)
        {
            var away = Time(4);
            Note($"{node.Name} is stopped", away);
            _world.Replace(node, away);
            node.Stop(_world.Simulator.Chance.Milliseconds(200, 3_000));
        }
    }

    private void CrashDatabase()
    {
        var time = Time(8);
        Note("the database crashes", time);
        _world.Database.Crash();
        _world.Simulator.After(time, () => _world.Database.IsDown = false);
    }

    private void TroubleDatabase()
    {
        var time = Time(8);
        Note("the database refuses, and answers are lost", time);
        (_world.Database.Refusals, _world.Database.LostAnswers) = (0.2, 0.2);
        _world.Simulator.After(time, () => (_world.Database.Refusals, _world.Database.LostAnswers) = (0, 0));
    }

    private void SlowDatabase()
    {
        var time = Time(8);
        Note("the database is slow", time);
        (_world.Database.Slowness, _world.Database.Hangs) = (TimeSpan.FromMilliseconds(300), 0.03);
        _world.Simulator.After(time, () => (_world.Database.Slowness, _world.Database.Hangs) = (TimeSpan.FromMilliseconds(2), 0));
    }

    private void CutDatabase()
    {
        if (_world.PickNode() is { } node)
        {
            var time = Time(12);
            Note($"{node.Name} can't reach the database", time);
            _world.Database.CutOff.Add(node.Process);
            _world.Simulator.After(time, () => _world.Database.CutOff.Remove(node.Process));
        }
    }

    private void CutBackplane()
    {
        if (_world.PickNode() is { } node)
        {
            var (time, all) = (Time(10), _world.Simulator.Chance.Of(0.3));
            Note(all ? "the backplane is down" : $"{node.Name} is cut off", time);
            _world.Backplane.Cut(all ? [.. _world.Nodes.Select(static other => other.Process)] : [node.Process], time, _world.Simulator.Chance.Between(TimeSpan.Zero, time));
        }
    }

    private void SlowBackplane()
    {
        var time = Time(6);
        Note("the backplane is slow", time);
        _world.Backplane.Slowness = TimeSpan.FromMilliseconds(1_500);
        _world.Simulator.After(time, () => _world.Backplane.Slowness = TimeSpan.FromMilliseconds(3));
    }

    private void BeRude()
    {
        var time = Time(6);
        Note("the backplane repeats and mixes up", time);
        _world.HasBeenRude = true;
        (_world.Backplane.Duplicates, _world.Backplane.Overtaken) = (0.1, 0.1);
        _world.Simulator.After(time, () => (_world.Backplane.Duplicates, _world.Backplane.Overtaken) = (0, 0));
    }

    private void BreakLine() => _world.Simulator.Chance.Pick([.. _world.Members]).Break();

    private void ChokeLine() => _world.Simulator.Chance.Pick([.. _world.Members]).Choke(Time(6));

    private void DeleteRoom()
    {
        var room = _world.Simulator.Chance.Pick(_world.Rooms);
        if (_world.PickNode() is { } node)
        {
            _world.Simulator.Note($"-- {room} is deleted at {node.Name}");
            node.Process.Start(async () =>
            {
                try
                {
                    await node.Core.Rooms.DeleteAsync(RoomId.Parse(room, null), "deleted");
                }
                catch (RoomLogUnavailableException)
                {
                    _world.Simulator.Note($"{room} could not be deleted");
                }
            });
        }
    }

    private void Kick()
    {
        var (client, room) = (_world.Simulator.Chance.Pick([.. _world.Members]), _world.Simulator.Chance.Pick(_world.Rooms));
        if (_world.PickNode() is { } node && client.User is { } user)
        {
            _world.Simulator.Note($"-- {user} is put out of {room} at {node.Name}");
            node.Process.After(TimeSpan.Zero, () => node.Core.Rooms.KickUser(RoomId.Parse(room, null), user, "out"));
        }
    }

    /// <summary>More at once than some rooms keep.</summary>
    private void Flood()
    {
        var room = _world.Simulator.Chance.Pick(_world.Rooms);
        if (room[0] != 'e' && _world.PickNode() is { } node)
        {
            var count = _world.Simulator.Chance.Between(10, 80);
            _world.Simulator.Note($"-- {count} messages at once in {room}");
            _world.Flood(room, count);
        }
    }

    /// <summary>All that is still wrong is made good.</summary>
    public void End()
    {
        _world.Simulator.Note($"-- it is over");
        _world.Nodes.ForEach(static node => node.Process.Thaw());
    }
}
