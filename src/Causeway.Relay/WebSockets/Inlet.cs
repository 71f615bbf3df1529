namespace Causeway.Relay;

/// <summary>Where one direction's bytes come from. It holds a large buffer only while bytes move.</summary>
internal abstract class Inlet : IDisposable
{
    /// <summary>The most bytes shown at a time.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>What came and was not taken yet; good until the next call.</summary>
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Waits until more came than <see cref="Advance"/> left.</summary>
    /// <returns>False where nothing comes any more: the peer has ended, or <see cref="Cancel"/> was called.</returns>
    /// <exception cref="IOException">The line is broken.</exception>
    public abstract ValueTask<bool> WaitAsync();

    /// <summary>Takes the first <paramref name="count"/> of <see cref="Bytes"/>.</summary>
    /// <returns>True where more bytes are there already.</returns>
    public abstract bool Advance(int count);

    /// <summary>Ends the wait, this one or the next. Any thread.</summary>
    public abstract void Cancel();

    /// <summary>Gives the buffer back.</summary>
    public abstract void Dispose();
}
