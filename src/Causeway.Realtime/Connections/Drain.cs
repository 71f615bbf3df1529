namespace Causeway.Realtime;

/// <summary>Sends every client away before the service stops: in batches, each told when to come back.</summary>
internal sealed class Drain(LiveCore core)
{
    /// <summary>So many leave at once; fewer connections than this are gone in one go.</summary>
    private const int SmallestBatch = 100;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MinJitter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxJitter = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task? _run;
    private long _startedAt;
    private TimeSpan _window;
    private bool _hasBegun;

    /// <summary>Whether newcomers are refused.</summary>
    public bool HasStarted => Volatile.Read(ref _hasBegun);

    /// <summary>Connections that had to be reset because they did not end in time.</summary>
    public int Cut { get; private set; }

    /// <summary>What is left of the window, at least a second.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _window - core.Time.GetElapsedTime(_startedAt);
            return HasStarted && left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
        }
    }

    /// <summary>A little time, different for each client: by the golden ratio, so that those who come one after the other lie as far apart as any, however many they are.</summary>
    /// <param name="number">The client's among all connections.</param>
    public static TimeSpan Jitter(long number) => MinJitter + ((MaxJitter - MinJitter) * (number * 0.6180339887498949 % 1));

    /// <summary>Refuses newcomers from now on; those who are there stay until <see cref="RunAsync"/>.</summary>
    public void Begin(TimeSpan window)
    {
        lock (_gate)
        {
            if (!_hasBegun)
            {
                (_window, _startedAt) = (window, core.Time.GetTimestamp());
                Volatile.Write(ref _hasBegun, true);
            }
        }
    }

    public Task RunAsync(TimeSpan window, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Begin(window);
            return _run ??= core.Pool.Run(() => DrainAsync(window, cancellationToken));
        }
    }

    private async Task DrainAsync(TimeSpan window, CancellationToken cancellationToken)
    {
        var connections = core.Connections.All.ToArray();
        core.Logger.DrainStarted(connections.Length, window);

        var steps = Math.Max(1, (int)(window / 2 / Step));
        var size = Math.Max(SmallestBatch, (connections.Length + steps - 1) / steps);
        foreach (var batch in connections.Chunk(size))
        {
            var last = connections.Length <= size;
            foreach (var connection in batch)
            {
                SendAway(connection, last ? TimeSpan.Zero : Left);
            }

            if (!last)
            {
                await Task.Delay(Step, core.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await WaitForTheLastAsync([.. connections.Union(core.Connections.All)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends one client away that slipped in as the drain began.</summary>
    public void SendAway(Connection connection) => SendAway(connection, TimeSpan.Zero);

    // A client must not come back before the listener is gone: it would only be sent away again.
    private void SendAway(Connection connection, TimeSpan left)
    {
        var after = left + Jitter(connection.Number);
        var form = connection.Sender.Form;
        var notice = connection.Stream is null
            ? ServerMessages.Reconnect(form, after)
            : EventStream.Farewell(form, after);
        connection.Close(new CloseRequest(CloseReason.Restarting, notice, Left));
    }

    private async Task WaitForTheLastAsync(Connection[] connections, CancellationToken cancellationToken)
    {
        var ended = Task.WhenAll(connections.Select(static connection => connection.WaitEndedAsync()));
        try
        {
            await ended.WaitAsync(Left, core.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            var late = connections.Where(static connection => !connection.HasEnded).ToArray();
            Cut = late.Length;
            core.Logger.DrainCut(late.Length);
            foreach (var connection in late)
            {
                connection.Sender.Outlet.Reset();
            }
        }
    }
}
