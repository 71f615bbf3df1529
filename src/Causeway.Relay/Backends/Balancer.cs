namespace Causeway.Relay;

/// <summary>Spreads requests over the addresses of a backend.</summary>
internal sealed class Balancer(IReadOnlyList<Destination> destinations, Balance balance)
{
    private int _turn = -1;

    /// <summary>The address whose turn it is.</summary>
    public Destination Next()
    {
        if (destinations.Count == 1)
        {
            return destinations[0];
        }

        var start = (int)((uint)Interlocked.Increment(ref _turn) % (uint)destinations.Count);
        var best = destinations[start];
        for (var i = 1; balance == Balance.LeastRequests && i < destinations.Count; i++)
        {
            var other = destinations[(start + i) % destinations.Count];
            if (other.InFlight < best.InFlight)
            {
                best = other;
            }
        }

        return best;
    }
}
