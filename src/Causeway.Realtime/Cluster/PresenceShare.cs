using System.Collections.Concurrent;

namespace Causeway.Realtime;

/// <summary>
/// Keeps this node among the living, and tells the others who is in which room on it: written down first, told then, so that whoever reads and listens misses nothing. A node that
/// was silent for too long is taken out by the others; it comes back under another id.
/// </summary>
internal sealed class PresenceShare(LiveCore core, Cluster cluster, IClusterStore store) : IDisposable
{
    private const int AtOnce = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, byte> _gone = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _own = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly WakeUp _noted = new(core.Pool);
    private Dictionary<(string Room, string? User), NodePresence> _changes = [];
    private string _node = Cluster.NewNodeId();
    private long _version;
    private bool _isMember;

    // Whether the last try failed, and that was said.
    private bool _isLeaseFailing;
    private bool _isWriteFailing;
    private Task _leasing = Task.CompletedTask;
    private Task _writing = Task.CompletedTask;

    /// <summary>How this node is called until it loses its lease.</summary>
    public string Node => Volatile.Read(ref _node);

    public bool IsMember => Volatile.Read(ref _isMember);

    public void Start()
    {
        _leasing = core.Pool.Run(() => LeaseAsync(_stop.Token));
        _writing = core.Pool.Run(() => WriteAsync(_stop.Token));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Not within the caller, of whom nobody knows what he holds.
        await core.Pool.Run(() =>
        {
            _stop.Cancel();
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        await Task.WhenAll(_leasing, _writing).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_isMember)
        {
            try
            {
                await store.LeaveAsync(_node, cancellationToken).ConfigureAwait(false);
                cluster.NodeGone(_node);
            }
            catch (Exception exception)
            {
                // The others find out when the lease is over.
                core.Logger.LeaseNotRenewed(exception);
            }
        }
    }

    public void Dispose() => _stop.Cancel();

    /// <summary>Whether a node is this one, under whichever name.</summary>
    public bool IsOwn(string node) => node == Node || _own.ContainsKey(node);

    /// <summary>Whether a node is another one, and alive as far as is known.</summary>
    public bool IsOther(string node) => node != Node && !_gone.ContainsKey(node);

    public IReadOnlyList<NodePresence> OfOthers(IReadOnlyList<NodePresence> all) => [.. all.Where(presence => IsOther(presence.Node))];

    /// <summary>Takes everybody out of all rooms who was on a node.</summary>
    /// <returns>False when it was known before, or is this node.</returns>
    public bool Forget(string node)
    {
        if (node == Node || !_gone.TryAdd(node, 0))
        {
            return false;
        }

        core.Logger.NodeGone(node);
        core.Rooms.ForgetNode(node);
        return true;
    }

    /// <summary>Somebody has come to a room here, or left it. Called under the room's gate.</summary>
    public void Note(RoomId room, string? userId, string? name, int devices)
    {
        lock (_gate)
        {
            _changes[(room.Value, userId)] = new NodePresence(_node, room, userId, name, devices, ++_version);
            if (_changes.Count == 1)
            {
                _noted.Call();
            }
        }
    }

    private async Task LeaseAsync(CancellationToken stop)
    {
        string[] told = [];
        while (!stop.IsCancellationRequested)
        {
            var wait = TimeSpan.FromSeconds(core.Options.NodeLeaseSeconds) / 3;
            try
            {
                using var patience = new CancellationTokenSource(Patience, core.Time);
                using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
                var renewal = await store.RenewAsync(new NodeReport(Node, core.Node, core.Connections.Count), isNew: !_isMember, told, giveUp.Token).ConfigureAwait(false);
                _isLeaseFailing = false;
                foreach (var (node, name, _) in renewal.TakenOut.Where(static node => !node.HasLeft))
                {
                    core.Logger.NodeLost(node, name);
                }

                told = [.. renewal.Gone.Select(static gone => gone.Node)];
                if (told.Length > 0)
                {
                    TellGone(told);
                    wait = TimeSpan.Zero;
                }

                if (!renewal.IsHeld)
                {
                    ComeBack();
                    wait = TimeSpan.Zero;
                }
                else if (!_isMember)
                {
                    Volatile.Write(ref _isMember, true);
                    core.Logger.NodeEntered(Node);
                    _noted.Call();
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                LeaseFailed(exception);
                wait = Retry;
            }
            catch (Exception)
            {
                return;
            }

            await core.Pool.Delay(wait, core.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Everybody hears of nodes whose lease is over. Only then are they taken out: what nobody was told of is found again.</summary>
    private void TellGone(string[] nodes)
    {
        foreach (var node in nodes)
        {
            Forget(node);
            cluster.NodeGone(node);
        }

        // What they stored last they may have told nobody.
        cluster.Resynchronise();
    }

    /// <summary>
    /// The others have taken this node out, or the store has forgotten everybody: it comes back under another name, with everybody who is on it. The others are told, since nobody may have taken it out; and
    /// what it knows of them may be as old.
    /// </summary>
    private void ComeBack()
    {
        var lost = _node;
        _gone.TryAdd(lost, 0);
        _own.TryAdd(lost, 0);
        lock (_gate)
        {
            _changes = [];
            Volatile.Write(ref _node, Cluster.NewNodeId());
            Volatile.Write(ref _isMember, false);
        }

        core.Logger.LeaseLost(lost);
        cluster.NodeGone(lost);
        core.Rooms.NoteAllPresence();
        cluster.Resynchronise();
    }

    private async Task WriteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await _noted.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (_isMember && Take() is { Count: > 0 } changes && !stop.IsCancellationRequested)
            {
                if (!await TryWriteAsync(changes, stop).ConfigureAwait(false))
                {
                    await core.Pool.Delay(Retry, core.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private List<NodePresence> Take()
    {
        lock (_gate)
        {
            var taken = _changes.Take(AtOnce).ToList();
            taken.ForEach(change => _changes.Remove(change.Key));
            return taken.ConvertAll(static change => change.Value);
        }
    }

    private async Task<bool> TryWriteAsync(List<NodePresence> changes, CancellationToken stop)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, core.Time);
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
            var isWritten = await store.WritePresenceAsync(changes[0].Node, changes, giveUp.Token).ConfigureAwait(false);
            _isWriteFailing = false;
            if (isWritten)
            {
                changes.ForEach(cluster.Present);
                return true;
            }

            // The lease is lost; its loop finds out, and then everybody is noted anew.
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            WriteFailed(changes.Count, exception);
        }
        catch (Exception)
        {
            return true;
        }

        lock (_gate)
        {
            // What was noted meanwhile is newer.
            foreach (var change in changes.Where(change => change.Node == _node))
            {
                _changes.TryAdd((change.Room.Value, change.UserId), change);
            }
        }

        _noted.Call();
        return false;
    }

    private void LeaseFailed(Exception exception)
    {
        if (_isLeaseFailing)
        {
            core.Logger.LeaseStillNotRenewed(exception);
            return;
        }

        _isLeaseFailing = true;
        core.Logger.LeaseNotRenewed(exception);
    }

    private void WriteFailed(int changes, Exception exception)
    {
        if (_isWriteFailing)
        {
            core.Logger.PresenceStillNotShared(changes, exception);
            return;
        }

        _isWriteFailing = true;
        core.Logger.PresenceNotShared(changes, exception);
    }
}
