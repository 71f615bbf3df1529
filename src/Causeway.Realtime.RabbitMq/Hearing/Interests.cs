namespace Causeway.Realtime.RabbitMq;

/// <summary>Which shards this node has rooms of, and which of these its queue is bound to. A room stays open for a minute after its last use, so a shard is let go at once when it has none.</summary>
internal sealed class Interests(TimeProvider time)
{
    /// <summary>How long somebody who opens a room waits to hear of it. Longer, and the room is read again once it is heard.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards.Count).Select(static _ => new Shard())];
    private readonly Bell _changed = new();
    private bool _isOnline;

    public ValueTask FollowAsync(int number)
    {
        lock (_gate)
        {
            var shard = _shards[number];
            shard.Rooms++;

            // Without a broker, the room is read again when there is one.
            if (!_isOnline || shard.IsBound)
            {
                return default;
            }

            _changed.Ring();
            shard.Waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(WaitAsync(shard, shard.Waiting.Task));
        }
    }

    public void Unfollow(int number)
    {
        lock (_gate)
        {
            if (--_shards[number].Rooms == 0)
            {
                _changed.Ring();
            }
        }
    }

    /// <summary>A session begins: what it must hear from the start. What comes meanwhile it gets from <see cref="TakeChanges"/>.</summary>
    public List<int> Begin()
    {
        lock (_gate)
        {
            _isOnline = true;
            return TakeWanted();
        }
    }

    /// <summary>The session has ended. Who waits goes on: all rooms are read again when there is another one.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOnline = false;
            foreach (var shard in _shards)
            {
                (shard.IsBound, shard.IsBinding, shard.IsLate) = (false, false, false);
                shard.Waiting?.TrySetResult();
                shard.Waiting = null;
            }
        }
    }

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>What is to be bound now, and what not any more.</summary>
    public (List<int> Wanted, List<int> Unwanted) TakeChanges()
    {
        lock (_gate)
        {
            var unwanted = Where(static shard => shard is { IsBound: true, Rooms: 0 });
            unwanted.ForEach(number => _shards[number].IsBound = false);
            return (TakeWanted(), unwanted);
        }
    }

    /// <summary>The broker has confirmed that some shards are bound.</summary>
    /// <returns>Those whose rooms somebody has read without waiting for it.</returns>
    public ShardSet Bound(List<int> numbers)
    {
        var late = new ShardSet();
        lock (_gate)
        {
            foreach (var number in numbers)
            {
                var shard = _shards[number];
                if (shard.IsLate)
                {
                    late.Add(number);
                }

                (shard.IsBound, shard.IsBinding, shard.IsLate) = (true, false, false);
                shard.Waiting?.TrySetResult();
                shard.Waiting = null;
            }

            return late;
        }
    }

    private async Task WaitAsync(Shard shard, Task bound)
    {
        try
        {
            await bound.WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                shard.IsLate = _isOnline && !shard.IsBound;
            }
        }
    }

    private List<int> TakeWanted()
    {
        var wanted = Where(static shard => shard is { Rooms: > 0, IsBound: false, IsBinding: false });
        wanted.ForEach(number => _shards[number].IsBinding = true);
        return wanted;
    }

    private List<int> Where(Predicate<Shard> predicate) => [.. Enumerable.Range(0, Shards.Count).Where(number => predicate(_shards[number]))];

    private sealed class Shard
    {
        /// <summary>Rooms of it that are open here.</summary>
        public int Rooms { get; set; }

        public bool IsBinding { get; set; }

        public bool IsBound { get; set; }

        /// <summary>Whether somebody has not waited until it was bound.</summary>
        public bool IsLate { get; set; }

        public TaskCompletionSource? Waiting { get; set; }
    }
}
