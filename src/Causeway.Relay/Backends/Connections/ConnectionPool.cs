using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Causeway.Relay;

/// <summary>The connections to one address of a backend. Idle ones are kept for the next request.</summary>
internal sealed class ConnectionPool(Destination destination, BackendOptions options, TimeProvider time) : IDisposable
{
    private const int MaxIdle = 512;

    // Watched connections are cut at most this late.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    // Less than what most servers keep an idle connection for, of those that keep one for more than a few seconds.
    private static readonly TimeSpan MaxIdleTime = TimeSpan.FromSeconds(50);

    // So that a name that leads elsewhere now is noticed.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly HashSet<BackendConnection> _open = [];
    private readonly List<BackendConnection> _idle = [];
    private ITimer? _timer;
    private bool _disposed;

    /// <summary>Connections that are open now, idle ones included.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>An idle connection that is still good; null where there is none.</summary>
    public BackendConnection? TryTake()
    {
        while (true)
        {
            BackendConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.IsUsable)
            {
                connection.IsReused = true;
                return connection;
            }

            Discard(connection);
        }
    }

    /// <summary>Makes a connection.</summary>
    /// <exception cref="BackendException">In the phases connect and tls.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async ValueTask<BackendConnection> OpenAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.ConnectSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = destination.EndPoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        var phase = BackendPhase.Connect;
        SslStream? tls = null;
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(destination.EndPoint, either.Token).ConfigureAwait(false);
            if (destination.IsTls)
            {
                phase = BackendPhase.Tls;
                tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
                await tls.AuthenticateAsClientAsync(TlsOptions(), either.Token).ConfigureAwait(false);
            }

            return Watch(new BackendConnection(socket, tls, time));
        }
        catch (Exception exception)
        {
            if (tls is not null)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }

            socket.Dispose();
            if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw exception is OperationCanceledException
                ? new BackendException(phase, $"No connection within {options.ConnectSeconds} s.") { TimedOut = true }
                : exception is SocketException or IOException or AuthenticationException
                    ? new BackendException(phase, exception.Message, exception)
                    : exception;
        }
    }

    /// <summary>Takes a connection back whose last answer was read to its end.</summary>
    public void Return(BackendConnection connection)
    {
        connection.Disarm();
        connection.Rest();
        var keep = time.GetElapsedTime(connection.Opened) < MaxAge && connection.Cut == Cut.None;
        connection.Since = time.GetTimestamp();
        lock (_gate)
        {
            if (keep && !_disposed && _idle.Count < MaxIdle)
            {
                _idle.Add(connection);
                return;
            }
        }

        Discard(connection);
    }

    /// <summary>Closes a connection that is of no more use.</summary>
    public void Discard(BackendConnection connection)
    {
        Forget(connection);
        connection.Dispose();
    }

    /// <summary>Stops watching a connection that somebody takes over, deadlines included.</summary>
    public void Forget(BackendConnection connection)
    {
        lock (_gate)
        {
            _open.Remove(connection);
            if (_open.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    /// <summary>Closes the idle connections; those in use are closed when they come back.</summary>
    public void Dispose()
    {
        List<BackendConnection> idle;
        lock (_gate)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        idle.ForEach(Discard);
    }

    private BackendConnection Watch(BackendConnection connection)
    {
        lock (_gate)
        {
            _open.Add(connection);
            _timer ??= time.CreateTimer(static state => ((ConnectionPool)state!).Look(), this, Beat, Beat);
        }

        return connection;
    }

    private void Look()
    {
        List<BackendConnection>? late = null;
        List<BackendConnection>? done = null;
        var now = time.GetTimestamp();
        lock (_gate)
        {
            foreach (var connection in _open)
            {
                if (connection.IsLate(now))
                {
                    (late ??= []).Add(connection);
                }
            }

            // The oldest stand first.
            while (_idle.Count > 0 && time.GetElapsedTime(_idle[0].Since, now) > MaxIdleTime)
            {
                (done ??= []).Add(_idle[0]);
                _idle.RemoveAt(0);
            }
        }

        late?.ForEach(static connection => connection.Abort(Cut.TimedOut));
        done?.ForEach(Discard);
    }

    private SslClientAuthenticationOptions TlsOptions() => new()
    {
        TargetHost = destination.Host,
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        RemoteCertificateValidationCallback = options.AllowSelfSigned
            ? static (_, certificate, _, _) => certificate is not null
            : null,
    };
}
