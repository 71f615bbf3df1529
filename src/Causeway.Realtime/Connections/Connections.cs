using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The live connections: send to them, list them, close them.</summary>
public sealed class Connections
{
    private readonly ConcurrentDictionary<string, Connection> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Connection[]> _byUser = new(StringComparer.Ordinal);
    private readonly LiveCore _core;
    private readonly Drain _drain;
    private int _webSockets;
    private int _streams;
    private long _lastNumber;

    internal Connections(LiveCore core)
    {
        _core = core;
        _drain = new Drain(core);
        Admission = new Admission(core.Options);
    }

    /// <summary>Connections there are now.</summary>
    public int Count => _connections.Count;

    /// <summary>Totals since the start and levels now.</summary>
    public RealtimeStatistics Statistics => new(
        CountOf(Transport.WebSocket), CountOf(Transport.Sse), _core.Rooms.Count,
        _core.Metrics.Published, _core.Loops.Sum(static loop => loop.WebSocketDeliveries + loop.StreamDeliveries),
        _core.Metrics.Dropped, _core.Metrics.SlowCloses, _core.Metrics.BacklogBytes,
        _core.Metrics.Latency.Quantile(0.5), _core.Metrics.Latency.Quantile(0.99));

    /// <summary>True once a drain has begun: newcomers are refused.</summary>
    public bool IsDraining => _drain.HasStarted;

    internal Admission Admission { get; }

    /// <summary>How long newcomers should stay away while the drain lasts.</summary>
    internal TimeSpan DrainLeft => _drain.Left;

    internal IReadOnlyCollection<Connection> All => (IReadOnlyCollection<Connection>)_connections.Values;

    /// <summary>A snapshot of all connections, ordered by id (ordinal).</summary>
    public IReadOnlyList<ConnectionInfo> List() =>
        [.. _connections.Values.Select(static connection => connection.Describe()).OrderBy(static connection => connection.Id, StringComparer.Ordinal)];

    /// <summary>One connection; null where there is none.</summary>
    public ConnectionInfo? Find(string connectionId) => _connections.GetValueOrDefault(connectionId)?.Describe();

    /// <summary>Sends to every connection of a user.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>, and none of the protocol's own.</param>
    /// <param name="payload">A JSON object in UTF-8. Not copied: do not reuse the buffer.</param>
    /// <exception cref="ArgumentException">The type or the payload is not valid.</exception>
    public SendResult SendToUser(string userId, string type, ReadOnlyMemory<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return Send(_byUser.GetValueOrDefault(userId) ?? [], type, payload);
    }

    /// <summary>Sends to one connection. <see cref="SendResult.Connections"/> is 0 where there is none.</summary>
    /// <exception cref="ArgumentException">The type or the payload is not valid.</exception>
    public SendResult SendToConnection(string connectionId, string type, ReadOnlyMemory<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        return Send(_connections.TryGetValue(connectionId, out var connection) ? [connection] : [], type, payload);
    }

    /// <summary>Sends to every connection.</summary>
    /// <exception cref="ArgumentException">The type or the payload is not valid.</exception>
    public SendResult Broadcast(string type, ReadOnlyMemory<byte> payload)
    {
        var message = Build(type, payload, out var id);
        var count = Count;
        foreach (var loop in _core.Loops)
        {
            loop.Post(new LoopWork(LoopWorkKind.Broadcast, message));
        }

        return new SendResult(id, count);
    }

    /// <summary>Closes one connection; false where there is none.</summary>
    public bool Disconnect(string connectionId, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        ArgumentNullException.ThrowIfNull(reason);
        if (!_connections.TryGetValue(connectionId, out var connection))
        {
            return false;
        }

        Close(connection, reason);
        return true;
    }

    /// <summary>Closes every connection of a user and says how many there were.</summary>
    public int DisconnectUser(string userId, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentNullException.ThrowIfNull(reason);
        var connections = _byUser.GetValueOrDefault(userId) ?? [];
        Array.ForEach(connections, connection => Close(connection, reason));
        return connections.Length;
    }

    /// <summary>Refuses newcomers from now on with 503 <c>DRAINING</c>; those who are there stay until <see cref="DrainAsync"/>.</summary>
    /// <param name="window">How long the drain may take in all: newcomers are told to stay away that long.</param>
    public void RefuseNewcomers(TimeSpan window) => _drain.Begin(window);

    /// <summary>Connections that a drain had to reset, because they did not end in time.</summary>
    public int CutByDrain => _drain.Cut;

    /// <summary>Refuses newcomers from now on, tells every client to come back later, and closes all in batches over the first half of the window.</summary>
    /// <param name="window">How long the drain may take in all.</param>
    /// <param name="cancellationToken">Ends the wait: what is still open is reset.</param>
    /// <returns>When the last connection is gone. A second call joins the first.</returns>
    public Task DrainAsync(TimeSpan window, CancellationToken cancellationToken = default) => _drain.RunAsync(window, cancellationToken);

    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    internal int CountOf(Transport transport) => Volatile.Read(ref transport is Transport.Sse ? ref _streams : ref _webSockets);

    /// <summary>Enters a connection into the register, then has it greeted: who reads its id there can be sent to by it.</summary>
    internal void Add(Connection connection)
    {
        _connections[connection.Id] = connection;
        Interlocked.Increment(ref connection.Stream is null ? ref _webSockets : ref _streams);
        if (connection.Identity.UserId is { } user)
        {
            _byUser.AddOrUpdate(
                user, static (_, connection) => [connection], static (_, devices, connection) => [.. devices, connection], connection);
        }

        _core.Logger.ConnectionOpened(connection.Id, connection.Identity.UserId, connection.Stream is null ? Transport.WebSocket : Transport.Sse);
        connection.Post(LoopWorkKind.Open);
        if (_drain.HasStarted)
        {
            _drain.SendAway(connection);
        }
    }

    internal void Remove(Connection connection)
    {
        if (!_connections.TryRemove(connection.Id, out _))
        {
            return;
        }

        Interlocked.Decrement(ref connection.Stream is null ? ref _webSockets : ref _streams);
        if (connection.Identity.UserId is { } user)
        {
            RemoveDevice(user, connection);
        }

        Admission.Leave(connection.Identity.UserId, connection.RemoteAddress);
        _core.Logger.ConnectionEnded(connection.Id);
    }

    private void RemoveDevice(string user, Connection connection)
    {
        while (_byUser.TryGetValue(user, out var devices))
        {
            Connection[] others = Array.FindAll(devices, device => device != connection);
            if (others.Length == 0
                ? _byUser.TryRemove(new KeyValuePair<string, Connection[]>(user, devices))
                : _byUser.TryUpdate(user, others, devices))
            {
                return;
            }
        }
    }

    private void Close(Connection connection, CloseReason reason)
    {
        _core.Logger.ConnectionClosed(connection.Id, reason.Code, reason.Reason);
        connection.Close(new CloseRequest(reason));
    }

    private SendResult Send(Connection[] connections, string type, ReadOnlyMemory<byte> payload)
    {
        var message = Build(type, payload, out var id);
        foreach (var connection in connections)
        {
            connection.Send(message.In(connection.Sender.Form));
        }

        return new SendResult(id, connections.Length);
    }

    private DirectMessage Build(string type, ReadOnlyMemory<byte> payload, out Guid id)
    {
        ArgumentNullException.ThrowIfNull(type);
        if ((Rooms.CheckType(type) ?? PublishedPayload.Check(ref payload)) is { } error)
        {
            throw new ArgumentException(error.Message);
        }

        var now = _core.Time.GetUtcNow();
        id = Guid.CreateVersion7(now);
        return new DirectMessage(id, type, payload, now);
    }
}
