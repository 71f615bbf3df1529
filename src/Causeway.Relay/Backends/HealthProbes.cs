using System.Net.Sockets;

namespace Causeway.Relay;

/// <summary>Asks every address of a backend how it is, at its interval, until it is disposed.</summary>
internal sealed class HealthProbes(Backend backend, HealthOptions options, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var interval = TimeSpan.FromSeconds(options.Seconds);
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            // A process that is stopped is not down: the next request starts it.
            if (backend.Process is null or { IsReady: true })
            {
                await Task.WhenAll(backend.Destinations.Select(destination => ProbeAsync(destination, stop))).ConfigureAwait(false);
            }
            else
            {
                backend.Destinations.ToList().ForEach(static destination => destination.Health.Forget());
            }

            backend.Report();
        }
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
    }

    private async Task ProbeAsync(Destination destination, CancellationToken stop)
    {
        if (backend.Process is { IsReady: false })
        {
            // A process that does not run is not ill.
            destination.Health.Forget();
            return;
        }

        var reason = await AskAsync(destination, stop).ConfigureAwait(false);
        if (!stop.IsCancellationRequested)
        {
            destination.Health.Probed(reason);
        }
    }

    /// <summary>Why the address is down; null where it is up.</summary>
    private async Task<string?> AskAsync(Destination destination, CancellationToken stop)
    {
        var pool = destination.Pool;
        BackendConnection? connection = null;
        try
        {
            connection = await pool.OpenAsync(stop).ConfigureAwait(false);
            connection.Arm(MaxWait);
            using var registration = stop.UnsafeRegister(static state => ((BackendConnection)state!).Abort(Cut.Discarded), connection);
            using var head = new HeadBuffer();
            head.Add("GET "u8);
            head.Add(destination.BasePath);
            head.Add(options.Path);
            head.Add(" HTTP/1.1\r\n"u8);
            head.AddField("Host", destination.Url.Authority);
            head.AddField("Via", RelayName.Via);
            head.Add("User-Agent: causeway\r\nAccept: */*\r\nConnection: close\r\n\r\n"u8);
            await connection.SendAsync(head.Written).ConfigureAwait(false);
            await connection.ReadHeadAsync(isHead: false).ConfigureAwait(false);
            return connection.Head.Status < 400 ? null : $"its health path answers {connection.Head.Status}.";
        }
        catch (Exception exception) when (exception is BackendException or SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            return connection is { Cut: Cut.TimedOut } ? $"its health path gave no answer within {MaxWait.TotalSeconds} s." : exception.Message;
        }
        finally
        {
            if (connection is not null)
            {
                pool.Discard(connection);
            }
        }
    }
}
