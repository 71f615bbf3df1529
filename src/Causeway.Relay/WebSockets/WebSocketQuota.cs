namespace Causeway.Relay;

/// <summary>How many WebSockets of one backend are open or being opened.</summary>
internal sealed class WebSocketQuota(int limit)
{
    private int _taken;

    public int Limit { get; } = limit;

    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a place, unless all are taken.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Return() => Interlocked.Decrement(ref _taken);
}
