namespace Causeway.Realtime;

/// <summary>
/// Carries small items between the nodes of a cluster. It may lose them while it is cut off, and says when that is over: what matters is in the logs and in the
/// <see cref="IClusterStore"/>, and is read from there then. Register one as a singleton beside <c>AddRealtime</c>; <c>Causeway.Realtime.Sql</c> has one.
/// </summary>
public interface IBackplane
{
    /// <summary>Begins to carry, and goes on until <see cref="StopAsync"/>, however often what it hangs on comes and goes.</summary>
    /// <param name="receiver">Gets what the other nodes send.</param>
    void Start(IBackplaneReceiver receiver);

    /// <summary>Sends an item to all other nodes, those of one caller in its order. Never waits; while it is cut off, nothing is kept.</summary>
    /// <param name="item">Kept until it is sent: do not reuse the buffer.</param>
    void Send(ReadOnlyMemory<byte> item);

    /// <summary>Sends what is waiting, as long as there is time, and ends.</summary>
    /// <param name="cancellationToken">There is no more time.</param>
    Task StopAsync(CancellationToken cancellationToken);
}

/// <summary>Where a backplane delivers. Its methods are called one at a time.</summary>
public interface IBackplaneReceiver
{
    /// <summary>Takes an item of another node, each node's in its order.</summary>
    /// <param name="item">Read before the method returns.</param>
    void Receive(ReadOnlySpan<byte> item);

    /// <summary>From here on everything is heard again: what was sent before may be missing.</summary>
    void Restored();

    /// <summary>From here on nothing is heard.</summary>
    void Interrupted();
}
