namespace Causeway.Http;

/// <summary>A policy's figures in the clock's ticks of 100 ns.</summary>
/// <param name="permits">Requests.</param>
/// <param name="window">How long they take to come back.</param>
internal readonly struct Quota(int permits, TimeSpan window)
{
    /// <summary>How long one permit takes to come back.</summary>
    public long Interval { get; } = window.Ticks / permits;

    /// <summary>How long all of them take.</summary>
    public long Capacity { get; } = window.Ticks / permits * permits;

    /// <summary>Takes one permit of a bucket that is full again at a time.</summary>
    /// <param name="fullAt">When the bucket is full; moved where a permit was taken.</param>
    /// <param name="now">The clock.</param>
    public Permit Take(ref long fullAt, long now)
    {
        // A quota that was made smaller meanwhile does not keep anybody waiting longer than its own window.
        var next = Math.Clamp(fullAt, now, now + Capacity) + Interval;
        var used = next - now;
        if (used > Capacity)
        {
            return new Permit(IsTaken: false, Remaining: 0, used - Capacity);
        }

        fullAt = next;
        var remaining = (int)((Capacity - used) / Interval);
        return new Permit(IsTaken: true, remaining, remaining > 0 ? used : used + Interval - Capacity);
    }
}

/// <summary>What came of asking for a permit.</summary>
/// <param name="IsTaken">Whether there was one.</param>
/// <param name="Remaining">How many are left.</param>
/// <param name="Wait">Ticks until the quota is full again; where nothing is left, until the next permit is there.</param>
internal readonly record struct Permit(bool IsTaken, int Remaining, long Wait);
