using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>All relayed WebSockets: one clock and one timer for all, and their end when the service stops.</summary>
internal sealed class RelayedWebSockets : IAsyncDisposable
{
    private const ushort GoingAway = 1001;
    private const ushort ServiceRestart = 1012;

    /// <summary>So many leave at once; fewer than this are gone in one go.</summary>
    private const int SmallestBatch = 100;

    private const int MaxLoops = 8;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BatchStep = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastStep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShortStep = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<RelayedWebSocket, byte> _all = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;
    private readonly Lazy<ReadinessLoop[]> _loops = new(StartLoops);
    private long _now = 1;
    private int _turn;
    private int _isChecking;
    private int _sentAway;
    private int _accepting;
    private volatile bool _isDraining;

    public RelayedWebSockets(TimeProvider time, ILogger<RelayedWebSockets> logger)
    {
        (_time, Logger) = (time, logger);
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((RelayedWebSockets)state!).Check(), this, Tick, Tick);
    }

    public ILogger Logger { get; }

    /// <summary>Milliseconds since the start, from 1, in steps of <see cref="Tick"/>: reading it costs nothing.</summary>
    public long Now => Volatile.Read(ref _now);

    public int Count => _all.Count;

    /// <summary>The loop that polls the backends' sockets, one after the other where there are several; null where the runtime polls them.</summary>
    public ReadinessLoop? Loop => _loops.Value is { Length: > 0 } loops ? loops[(int)((uint)Interlocked.Increment(ref _turn) % (uint)loops.Length)] : null;

    /// <summary>Comes before a client is accepted: a drain that begins before <see cref="EndAccept"/> waits for it, and so misses nobody.</summary>
    /// <returns>False while the service stops: nobody is accepted only to be sent away.</returns>
    public bool TryBeginAccept()
    {
        Interlocked.Increment(ref _accepting);
        if (!_isDraining)
        {
            return true;
        }

        EndAccept();
        return false;
    }

    /// <summary>The client was accepted and handed to <see cref="Add"/>, or it was not.</summary>
    public void EndAccept() => Interlocked.Decrement(ref _accepting);

    /// <summary>Looks after one from now on; while the service stops, it is sent away at once.</summary>
    public void Add(RelayedWebSocket webSocket)
    {
        _all.TryAdd(webSocket, 0);
        if (_isDraining)
        {
            SendAway(webSocket);
        }
    }

    public void Remove(RelayedWebSocket webSocket) => _all.TryRemove(webSocket, out _);

    /// <summary>Sends every client and backend away, in batches over the first half of the time.</summary>
    /// <returns>How many were sent away, and how many had to be cut.</returns>
    public async Task<(int SentAway, int Cut)> DrainAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        _isDraining = true;
        Interlocked.MemoryBarrier();
        while (Volatile.Read(ref _accepting) > 0 && HasTime())
        {
            await Wait(ShortStep).ConfigureAwait(false);
        }

        var all = _all.Keys.ToArray();
        if (all.Length > 0)
        {
            Logger.RelayedWebSocketsDraining(all.Length, budget.TotalSeconds);
        }

        var steps = Math.Max(1, (int)(budget / 2 / BatchStep));
        var size = Math.Max(SmallestBatch, (all.Length + steps - 1) / steps);
        foreach (var batch in all.Chunk(size))
        {
            Array.ForEach(batch, SendAway);
            if (all.Length > size)
            {
                await Wait(BatchStep).ConfigureAwait(false);
            }
        }

        while (!_all.IsEmpty && HasTime())
        {
            await Wait(LastStep).ConfigureAwait(false);
        }

        var cut = _all.Keys.ToArray();
        Array.ForEach(cut, static webSocket => webSocket.Abort());
        if (cut.Length > 0)
        {
            Logger.RelayedWebSocketsCut(cut.Length);
        }

        return (Volatile.Read(ref _sentAway), cut.Length);

        bool HasTime() => _time.GetElapsedTime(started) < budget && !cancellationToken.IsCancellationRequested;

        Task Wait(TimeSpan time) => Task.Delay(time, _time, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        if (_loops.IsValueCreated)
        {
            Array.ForEach(_loops.Value, static loop => loop.Dispose());
        }
    }

    private static ReadinessLoop[] StartLoops() =>
        [.. Enumerable.Range(1, Math.Min(Environment.ProcessorCount, MaxLoops)).Select(static number => ReadinessLoop.TryStart($"relay {number}")).OfType<ReadinessLoop>()];

    private void SendAway(RelayedWebSocket webSocket)
    {
        if (webSocket.Close(ServiceRestart, GoingAway, "service restart"))
        {
            Interlocked.Increment(ref _sentAway);
        }
    }

    private void Check()
    {
        Volatile.Write(ref _now, 1 + (long)_time.GetElapsedTime(_start).TotalMilliseconds);
        if (Interlocked.Exchange(ref _isChecking, 1) != 0)
        {
            return;
        }

        foreach (var (webSocket, _) in _all)
        {
            webSocket.Check();
        }

        Volatile.Write(ref _isChecking, 0);
    }
}
