namespace Causeway.Bench.Load;

/// <summary>What the load generator does between events: publishes, counts what arrives, and knows when it has enough.</summary>
internal abstract class Traffic
{
    /// <summary>One message arrived at one connection.</summary>
    public abstract void OnMark(LoadClient client, long sequence, long now);

    /// <summary>All events of a turn are handled.</summary>
    /// <returns>How long the next wait may last, in milliseconds.</returns>
    public abstract int OnTurn(long now);

    /// <summary>Until this ends, rates and CPU times count; what comes after is only waited for.</summary>
    public abstract bool IsMeasuring(long now);

    public abstract bool IsDone(long now);
}
