namespace Causeway.Server;

/// <summary>
/// How many deliveries to each endpoint this process has under way, so that a slow one does not take all workers. Those that come too many are put off to when it should be
/// their turn, one behind the other: they don't come back all at once to be put off again.
/// </summary>
internal sealed class EndpointLanes(int width, TimeProvider time)
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);

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

            if (lane.Running < width)
            {
                lane.Running++;
                delay = TimeSpan.Zero;
                return true;
            }

            delay = lane.NextTurn(time.GetUtcNow(), width);
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
            var lane = _lanes[endpoint];
            lane.Took(took);
            if (--lane.Running == 0 && lane.IsIdle(time.GetUtcNow()))
            {
                _lanes.Remove(endpoint);
            }
        }
    }

    private sealed class Lane
    {
        private TimeSpan _usual = Least;
        private DateTimeOffset _last;

        public int Running { get; set; }

        public void Took(TimeSpan duration) => _usual = (_usual * 0.8) + (duration * 0.2);

        public bool IsIdle(DateTimeOffset now) => _last <= now;

        public TimeSpan NextTurn(DateTimeOffset now, int width)
        {
            var step = (_usual > Least ? _usual : Least) / width;
            _last = (_last > now ? _last : now) + step;
            return _last - now < Most ? _last - now : Most;
        }
    }
}
