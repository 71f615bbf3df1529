namespace Causeway.Relay;

/// <summary>Spreads requests over the addresses of a backend that are up.</summary>
internal sealed class Balancer(IReadOnlyList<Destination> destinations, Balance balance)
{
    private int _turn = -1;

    /// <summary>
    /// The address whose turn it is. Where every one that could be is left out after failed connections, they are tried all the same: a refusal
    /// without a try would only prolong the outage.
    /// </summary>
    /// <returns>Null where the active probes say that all are down.</returns>
    public Destination? Next()
    {
        if (destinations.Count == 1)
        {
            return destinations[0].Health.IsProbedDown ? null : destinations[0];
        }

        var start = (int)((uint)Interlocked.Increment(ref _turn) % (uint)destinations.Count);
        return Pick(start, static destination => destination.Health.MayTake()) ?? Pick(start, static destination => !destination.Health.IsProbedDown);
    }

    private Destination? Pick(int start, Func<Destination, bool> may)
    {
        Destination? best = null;
        for (var i = 0; i < destinations.Count; i++)
        {
            var candidate = destinations[(start + i) % destinations.Count];
            if ((best is null || candidate.InFlight < best.InFlight) && may(candidate))
            {
                best = candidate;
                if (balance == Balance.RoundRobin)
                {
                    break;
                }
            }
        }

        return best;
    }
}
