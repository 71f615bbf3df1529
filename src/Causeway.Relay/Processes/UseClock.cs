namespace Causeway.Relay;

/// <summary>Who uses a process now, and since when nobody does.</summary>
internal sealed class UseClock(TimeProvider time)
{
    private int _uses;
    private long _last = time.GetTimestamp();

    /// <summary>Requests and WebSockets that use it.</summary>
    public int Uses => Volatile.Read(ref _uses);

    /// <summary>How long nobody has; zero while somebody does.</summary>
    public TimeSpan Unused => Uses > 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _last));

    public ProcessUse Enter()
    {
        Interlocked.Increment(ref _uses);
        return new ProcessUse(this);
    }

    public void Leave()
    {
        Touch();
        Interlocked.Decrement(ref _uses);
    }

    /// <summary>Somebody wants it now.</summary>
    public void Touch() => Volatile.Write(ref _last, time.GetTimestamp());
}

/// <summary>The use of a backend's process by one request or WebSocket, until it is disposed.</summary>
internal sealed class ProcessUse(UseClock clock) : IDisposable
{
    private int _isOver;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            clock.Leave();
        }
    }
}
