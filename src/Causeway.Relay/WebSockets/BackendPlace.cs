namespace Causeway.Relay;

/// <summary>What a relayed WebSocket holds of its backend, from before it is dialled until it has ended; given back once.</summary>
internal sealed class BackendPlace(WebSocketQuota quota, RelayDecision decision, RelayTarget target) : IDisposable
{
    private BackendLease? _lease;
    private ConnectionPool? _pool;
    private BackendConnection? _connection;
    private BackendLine? _line;
    private int _isDisposed;

    public RelayDecision Decision { get; } = decision;

    /// <summary>What the backend is asked for.</summary>
    public RelayTarget Target { get; } = target;

    public BackendLease Lease
    {
        get => _lease!;
        set => _lease = value;
    }

    /// <summary>Closes the connection with the rest, unless it is taken over.</summary>
    public BackendConnection Hold(ConnectionPool pool, BackendConnection connection)
    {
        (_pool, _connection) = (pool, connection);
        return connection;
    }

    /// <summary>The connection carries frames from here on: nothing of the handshake is kept.</summary>
    /// <param name="loop">As in <see cref="BackendLine.TakeOver"/>.</param>
    public BackendLine TakeOver(ReadinessLoop? loop)
    {
        _pool!.Forget(_connection!);
        _line = BackendLine.TakeOver(_connection!, loop);
        _connection = null;
        return _line;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _line?.Dispose();
        if (_connection is { } connection)
        {
            _pool!.Discard(connection);
        }

        _lease?.Dispose();
        quota.Return();
    }
}
