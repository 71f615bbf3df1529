namespace Causeway.Realtime.RabbitMq;

/// <summary>
/// What waits to be sent. While the publisher is busy more gathers: small items for one shard share a frame, so that each turn sends one message per shard, whatever is going on in its rooms. An item for all nodes
/// parts what came before it from what comes after it.
/// </summary>
internal sealed class Outbox
{
    /// <summary>A frame takes no more items above this.</summary>
    private const int FrameBytes = 64 * 1024;

    private const long MaxBytes = 64 * 1024 * 1024;
    private const int MaxFree = 512;

    private readonly Lock _gate = new();
    private readonly Bell _filled = new();
    private readonly Queue<Frame> _frames = new();
    private readonly Frame?[] _growing = new Frame?[Shards.Count + 1];
    private readonly Stack<Frame> _free = new();
    private ShardSet _lost = new();
    private long _bytes;
    private bool _isOpen;
    private bool _isEnding;

    /// <summary>Nothing comes any more that should be waited for.</summary>
    public bool IsEnding
    {
        get
        {
            lock (_gate)
            {
                return _isEnding;
            }
        }
    }

    public void Add(int shard, ReadOnlySpan<byte> item)
    {
        lock (_gate)
        {
            // While nobody can be told, nothing is kept but where it was: the others read it from the stores.
            if (!_isOpen || _bytes + item.Length > MaxBytes)
            {
                _lost.Add(shard);
            }
            else
            {
                if (shard == Shards.All)
                {
                    Array.Clear(_growing, 0, Shards.Count);
                }
                else
                {
                    _growing[Shards.All] = null;
                }

                var frame = _growing[shard];
                if (frame is null || frame.Length + item.Length > FrameBytes)
                {
                    _growing[shard] = frame = _free.TryPop(out var free) ? free : new Frame();
                    frame.Begin(shard);
                    _frames.Enqueue(frame);
                }

                _bytes += frame.Add(item);
            }

            _filled.Ring();
        }
    }

    /// <summary>The others must be told that something is missing.</summary>
    public void AddLost(ShardSet lost)
    {
        lock (_gate)
        {
            _lost.Add(lost);
            _filled.Ring();
        }
    }

    /// <summary>What the others must be told is missing, before all that waits; null for nothing.</summary>
    public ShardSet? TakeLost()
    {
        lock (_gate)
        {
            if (_lost.IsEmpty)
            {
                return null;
            }

            var lost = _lost;
            _lost = new ShardSet();
            return lost;
        }
    }

    /// <summary>The next frame; null for none. Give it back with <see cref="Return"/>.</summary>
    public Frame? TryTake()
    {
        lock (_gate)
        {
            if (!_frames.TryDequeue(out var frame))
            {
                return null;
            }

            _bytes -= frame.ItemBytes;
            if (_growing[frame.Shard] == frame)
            {
                _growing[frame.Shard] = null;
            }

            return frame;
        }
    }

    public void Return(Frame frame)
    {
        lock (_gate)
        {
            if (_free.Count < MaxFree && frame.Capacity <= 2 * FrameBytes)
            {
                _free.Push(frame);
            }
        }
    }

    /// <summary>There is somebody who sends.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isOpen = true;
        }
    }

    /// <summary>There is nobody who sends: what waits is lost.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isOpen = false;
            _bytes = 0;
            Array.Clear(_growing);
            while (_frames.TryDequeue(out var frame))
            {
                _lost.Add(frame.Shard);
            }
        }
    }

    /// <summary>What waits is the last.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnding = true;
            _filled.Ring();
        }
    }

    /// <summary>Wakes the publisher.</summary>
    public void Wake() => _filled.Ring();

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _filled.WaitAsync(cancellationToken);
}
