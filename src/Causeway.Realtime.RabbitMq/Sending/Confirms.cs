namespace Causeway.Realtime.RabbitMq;

/// <summary>What one session has sent and the broker has not confirmed yet: so many messages at most, and which shards they are for.</summary>
internal sealed class Confirms(TimeProvider time)
{
    /// <summary>The shard of a message that nobody misses.</summary>
    public const int Nothing = -1;

    // A power of two: a message's place is its number's last bits.
    private const int MaxOutstanding = 1_024;

    private readonly Lock _gate = new();
    private readonly Outstanding?[] _sent = new Outstanding?[MaxOutstanding];
    private readonly Bell _confirmed = new();
    private ulong _next = 1;
    private ulong _oldest = 1;
    private long _oldestSince;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _oldest == _next;
            }
        }
    }

    /// <summary>How long the broker has confirmed nothing while there was something to confirm.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_gate)
            {
                return _oldest == _next ? TimeSpan.Zero : time.GetElapsedTime(_oldestSince);
            }
        }
    }

    /// <summary>From here on the broker has to confirm what it has.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _oldestSince = time.GetTimestamp();
        }
    }

    /// <summary>Waits until one more may be sent.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_next - _oldest < MaxOutstanding)
                {
                    return;
                }
            }

            await _confirmed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until everything is confirmed.</summary>
    public async Task WaitForAllAsync(CancellationToken cancellationToken)
    {
        while (!IsEmpty)
        {
            await _confirmed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The next message is about to be sent.</summary>
    /// <param name="shard">Where to; <see cref="Nothing"/> for what nobody misses.</param>
    /// <param name="lost">What it tells to be missing; null for another message.</param>
    public void Add(int shard, ShardSet? lost = null)
    {
        lock (_gate)
        {
            if (_oldest == _next)
            {
                _oldestSince = time.GetTimestamp();
            }

            _sent[_next++ % MaxOutstanding] = new Outstanding(shard, lost);
        }
    }

    /// <summary>The broker has answered for one message, or for all up to it.</summary>
    /// <param name="number">The message, from 1.</param>
    /// <param name="all">Whether it is all up to that.</param>
    /// <param name="shards">Gets where these messages were sent to; null where that does not matter.</param>
    public void Remove(ulong number, bool all, ShardSet? shards = null)
    {
        lock (_gate)
        {
            for (var n = all ? _oldest : Math.Max(number, _oldest); n <= number && n < _next; n++)
            {
                Take(n, shards);
            }

            var before = _oldest;
            while (_oldest < _next && _sent[_oldest % MaxOutstanding] is null)
            {
                _oldest++;
            }

            if (_oldest > before)
            {
                _oldestSince = time.GetTimestamp();
                _confirmed.Ring();
            }
        }
    }

    /// <summary>Shards of all that is not confirmed.</summary>
    public ShardSet RemoveAll()
    {
        var shards = new ShardSet();
        Remove(ulong.MaxValue, all: true, shards);
        return shards;
    }

    private void Take(ulong number, ShardSet? shards)
    {
        if (_sent[number % MaxOutstanding] is not { } sent)
        {
            return;
        }

        _sent[number % MaxOutstanding] = null;
        if (sent.Lost is not null)
        {
            shards?.Add(sent.Lost);
        }
        else if (sent.Shard != Nothing)
        {
            shards?.Add(sent.Shard);
        }
    }

    private readonly record struct Outstanding(int Shard, ShardSet? Lost);
}
