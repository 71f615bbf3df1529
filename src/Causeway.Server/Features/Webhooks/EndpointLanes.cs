namespace Causeway.Server;

/// <summary>
/// How many deliveries to each endpoint this process has under way, so that a slow one does not take all workers. One that answers quickly may take all but one of them. Those that come too many
/// are put off to when it should be their turn, one behind the other: they don't come back all at once to be put off again.
/// </summary>
/// <param name="slow">So many for an endpoint that is slow, or that nobody knows yet.</param>
/// <param name="quick">So many for one that answers quickly.</param>
/// <param name="time">The clock.</param>
internal sealed class EndpointLanes(int slow, int quick, TimeProvider time)
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Takes a place; <see cref="Leave"/> must follow where there was one.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="delay">From now until it should be this delivery's turn, where there was none.</param>
    public bool TryEnter(string endpoint, out TimeSpan delay)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(endpoint, out var lane))
            {
                _lanes[endpoint] = lane = new Lane();
            }

            var now = time.GetUtcNow();
            var pace = lane.PaceAt(now);
            var width = pace < Quick ? quick : slow;
            if (lane.Running < width)
            {
                lane.Enter(now);
                delay = TimeSpan.Zero;
                return true;
            }

            delay = lane.NextTurn(now, (pace > Least ? pace : Least) / width);
            return false;
        }
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="took">How long the delivery took.</param>
    public void Leave(string endpoint, TimeSpan took)
    {
        lock (_gate)
        {
            _lanes[endpoint].Leave(time.GetUtcNow(), took);
        }
    }

    /// <summary>Forgets endpoints that nobody is told of any more.</summary>
    public void Forget(Predicate<string> isGone)
    {
        lock (_gate)
        {
            foreach (var (endpoint, lane) in _lanes)
            {
                if (lane.Running == 0 && isGone(endpoint))
                {
                    _lanes.Remove(endpoint);
                }
            }
        }
    }

    private sealed class Lane
    {
        private TimeSpan? _usual;
        private DateTimeOffset _lastTurn;
        private DateTimeOffset _lastMove;

        public int Running { get; private set; }

        /// <summary>How long a delivery takes, as far as can be told: as long as usual, or as one has been waiting by now. Nobody knows at first.</summary>
        public TimeSpan PaceAt(DateTimeOffset now)
        {
            var usual = _usual ?? Quick;
            return Running > 0 && now - _lastMove > usual ? now - _lastMove : usual;
        }

        public void Enter(DateTimeOffset now)
        {
            if (Running++ == 0)
            {
                _lastMove = now;
            }
        }

        public void Leave(DateTimeOffset now, TimeSpan took)
        {
            Running--;
            _lastMove = now;
            _usual = _usual is { } usual ? (usual * 0.8) + (took * 0.2) : took;
        }

        public TimeSpan NextTurn(DateTimeOffset now, TimeSpan step)
        {
            _lastTurn = (_lastTurn > now ? _lastTurn : now) + step;
            return _lastTurn - now < Most ? _lastTurn - now : Most;
        }
    }
}
