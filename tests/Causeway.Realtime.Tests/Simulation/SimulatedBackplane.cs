namespace Causeway.Realtime.Tests;

/// <summary>What carries items between the nodes. While a node is cut off, what it sends and what it should hear is lost, and it finds that out later.</summary>
internal sealed class SimulatedBackplane(Simulator simulator)
{
    private readonly List<Link> _links = [];

    /// <summary>How long an item may take, at most.</summary>
    public TimeSpan Slowness { get; set; } = TimeSpan.FromMilliseconds(3);

    /// <summary>How often, of 1, an item comes twice, and how often it is overtaken by later ones: worse than any that there is.</summary>
    public double Duplicates { get; set; }

    public double Overtaken { get; set; }

    public IBackplane Connect(SimulatedProcess process) => new Link(this, process);

    /// <summary>Cuts nodes off, for so long; they find out in the end.</summary>
    public void Cut(IReadOnlyCollection<SimulatedProcess> processes, TimeSpan time, TimeSpan untilNoticed)
    {
        foreach (var link in _links.Where(link => processes.Contains(link.Process)).ToList())
        {
            link.Cut(time, untilNoticed);
        }
    }

    private void Carry(Link from, RoomId? room, ReadOnlyMemory<byte> item)
    {
        _links.RemoveAll(static link => !link.Process.IsAlive);
        foreach (var to in _links.Where(link => link != from && link.Wants(room)))
        {
            to.Carry(from, room, item, simulator.Chance.Of(Overtaken));
            if (simulator.Chance.Of(Duplicates))
            {
                to.Carry(from, room, item, isOvertaken: true);
            }
        }
    }

    private sealed class Link(SimulatedBackplane plane, SimulatedProcess process) : IBackplane
    {
        private readonly Dictionary<Link, TimeSpan> _last = [];
        private IBackplaneReceiver? _receiver;
        private bool _isUp;
        private bool _hasLost;
        private readonly HashSet<string> _followed = [];
        private readonly Dictionary<string, bool> _heardByChance = [];
        private readonly Dictionary<string, int> _follows = [];
        private int _life;

        public SimulatedProcess Process => process;

        public void Start(IBackplaneReceiver receiver)
        {
            _receiver = receiver;
            plane._links.Add(this);
            process.After(plane.WayTime(), Restore);
        }

        public void Send(RoomId? room, ReadOnlyMemory<byte> item)
        {
            if (_isUp)
            {
                plane.Carry(this, room, item);
            }
            else
            {
                _hasLost = true;
            }
        }

        public async ValueTask FollowAsync(RoomId room)
        {
            var done = new TaskCompletionSource();
            process.After(plane.WayTime(), () =>
            {
                _followed.Add(room.Value);
                _follows[room.Value] = Follows(room) + 1;
                done.SetResult();
            });
            await done.Task;
        }

        public void Unfollow(RoomId room) => _followed.Remove(room.Value);

        /// <summary>Whether it gets an item: of rooms that it does not follow by chance, and then all of them.</summary>
        public bool Wants(RoomId? room)
        {
            if (room is null || _followed.Contains(room.Value))
            {
                return true;
            }

            if (!_heardByChance.TryGetValue(room.Value, out var isHeard))
            {
                _heardByChance[room.Value] = isHeard = plane.HasChance();
            }

            return isHeard;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            plane._links.Remove(this);
            return Task.CompletedTask;
        }

        public void Cut(TimeSpan time, TimeSpan untilNoticed)
        {
            if (!_isUp)
            {
                return;
            }

            (_isUp, _hasLost) = (false, true);
            _life++;
            process.After(untilNoticed, () =>
            {
                _receiver!.Interrupted();
                process.After(time - untilNoticed, Restore);
            });
        }

        public void Carry(Link from, RoomId? room, ReadOnlyMemory<byte> item, bool isOvertaken)
        {
            var (life, senders, follows) = (_life, from._life, Follows(room));
            var at = plane.Now + plane.WayTime();
            if (isOvertaken)
            {
                at += plane.WayTime() * 20;
            }
            else
            {
                // Each node's in its order.
                at = _last[from] = at > _last.GetValueOrDefault(from) ? at : _last[from];
            }

            process.After(at - plane.Now, () =>
            {
                // What is on its way when either is cut off is lost, too. And whoever opens a room anew hears nothing from before without all that came since: else it takes the older for the newer, and can't know better.
                if (_isUp && life == _life && senders == from._life && (!isOvertaken || follows == Follows(room)))
                {
                    _receiver!.Receive(item.Span);
                }
            });
        }

        public void Miss() => process.After(plane.WayTime(), () => _receiver!.Missed(static _ => true));

        private int Follows(RoomId? room) => room is null ? 0 : _follows.GetValueOrDefault(room.Value);

        private void Restore()
        {
            _isUp = true;
            _receiver!.Restored();
            if (_hasLost)
            {
                _hasLost = false;
                plane.TellMissed(this);
            }
        }
    }

    private TimeSpan Now => simulator.Now;

    // What a node sent while it was cut off, the others have missed.
    private void TellMissed(Link from) => _links.Where(link => link != from && link.Process.IsAlive).ToList().ForEach(static link => link.Miss());

    private bool HasChance() => simulator.Chance.Of(0.5);

    private TimeSpan WayTime() => simulator.Chance.Milliseconds(0.1, Slowness.TotalMilliseconds);
}
