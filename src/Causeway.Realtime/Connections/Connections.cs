using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The live connections: send to them, list them, close them.</summary>
public sealed class Connections
{
    /// <summary>So many credentials are looked at at once.</summary>
    private const int MaxReviews = 16;

    private const string DefaultReason = "your access has changed";

    private readonly ConcurrentDictionary<string, Connection> _connections = new(StringComparer.Ordinal);
    private readonly ConnectionIndex _byUser = new();
    private readonly ConnectionIndex _bySession = new();
    private readonly LiveCore _core;
    private readonly Drain _drain;
    private int _webSockets;
    private int _streams;
    private long _lastNumber;
    private int _accessVersion;

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

    /// <summary>This process, as <c>connected</c> tells its clients.</summary>
    public string Node => _core.Node;

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
        return Send(_byUser.Find(userId), userId, null, type, payload);
    }

    /// <summary>Sends to one connection. <see cref="SendResult.Connections"/> is 0 where there is none.</summary>
    /// <exception cref="ArgumentException">The type or the payload is not valid.</exception>
    public SendResult SendToConnection(string connectionId, string type, ReadOnlyMemory<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        var here = _connections.TryGetValue(connectionId, out var connection);
        return Send(here ? [connection!] : [], null, here ? null : connectionId, type, payload);
    }

    /// <summary>Sends to every connection.</summary>
    /// <exception cref="ArgumentException">The type or the payload is not valid.</exception>
    public SendResult Broadcast(string type, ReadOnlyMemory<byte> payload)
    {
        var message = Build(type, payload, out var id, out var sentAt);
        var count = Count;
        Deliver(null, null, message);
        _core.Cluster?.Sent(null, null, type, payload, id, sentAt);
        return new SendResult(id, count);
    }

    /// <summary>Closes one connection; false where there is none.</summary>
    public bool Disconnect(string connectionId, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(connectionId);
        ArgumentNullException.ThrowIfNull(reason);
        if (CloseHere(null, null, connectionId, reason) > 0)
        {
            return true;
        }

        _core.Cluster?.Disconnected(null, null, connectionId, reason);
        return false;
    }

    /// <summary>Closes every connection of a user and says how many there were.</summary>
    public int DisconnectUser(string userId, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentNullException.ThrowIfNull(reason);
        _core.Cluster?.Disconnected(userId, null, null, reason);
        return CloseHere(userId, null, null, reason);
    }

    /// <summary>Closes every connection of a session and says how many there were.</summary>
    /// <param name="sessionId">As in <see cref="RealtimeIdentity.SessionId"/>.</param>
    /// <param name="reason">Usually <see cref="CloseReason.Revoked"/>.</param>
    public int DisconnectSession(string sessionId, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        ArgumentNullException.ThrowIfNull(reason);
        _core.Cluster?.Disconnected(null, sessionId, null, reason);
        return CloseHere(null, sessionId, null, reason);
    }

    /// <summary>Closes every connection of which a question is answered with yes, and says how many there were. Asks all there are.</summary>
    public int DisconnectWhere(Predicate<RealtimeIdentity> predicate, CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        ArgumentNullException.ThrowIfNull(reason);
        return Close(() => _connections.Values.Where(connection => predicate(connection.Identity)), reason);
    }

    /// <summary>
    /// Gives a user's connections other permissions, another end or other claims, in place: the next message of each is judged by them, and rooms that it may not be in
    /// any more it is put out of, told by <c>kicked</c>. User, name, session and device stay.
    /// </summary>
    /// <param name="userId">The user.</param>
    /// <param name="change">Makes the new identity of the present one; may be called more than once, and must not block.</param>
    /// <param name="reason">What clients that are put out of a room are told.</param>
    /// <returns>How many connections have changed.</returns>
    /// <remarks>One that connects at this moment is not missed: it is authenticated again.</remarks>
    public int UpdateUser(string userId, Func<RealtimeIdentity, RealtimeIdentity> change, string reason = DefaultReason)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return Update(() => _byUser.Find(userId), change, reason);
    }

    /// <summary>As <see cref="UpdateUser"/>, for the connections of a session.</summary>
    /// <param name="sessionId">As in <see cref="RealtimeIdentity.SessionId"/>.</param>
    /// <param name="change">Makes the new identity of the present one; may be called more than once, and must not block.</param>
    /// <param name="reason">What clients that are put out of a room are told.</param>
    /// <returns>How many connections have changed.</returns>
    public int UpdateSession(string sessionId, Func<RealtimeIdentity, RealtimeIdentity> change, string reason = DefaultReason)
    {
        ArgumentNullException.ThrowIfNull(sessionId);
        return Update(() => _bySession.Find(sessionId), change, reason);
    }

    /// <summary>As <see cref="UpdateUser"/>, for every connection there is: return what you got for those that don't change.</summary>
    /// <param name="change">Makes the new identity of the present one; may be called more than once, and must not block.</param>
    /// <param name="reason">What clients that are put out of a room are told.</param>
    /// <returns>How many connections have changed.</returns>
    public int UpdateAll(Func<RealtimeIdentity, RealtimeIdentity> change, string reason = DefaultReason) => Update(() => _connections.Values, change, reason);

    /// <summary>
    /// Looks again at whoever is behind connections, after something that many of them hang on has changed: each gets the identity it should have now, as
    /// <see cref="UpdateUser"/> has it, or is closed.
    /// </summary>
    /// <param name="concerned">Which connections to look at; must not block.</param>
    /// <param name="look">Finds the identity of one as of now, or what to close its connection with. Called for up to 16 at once.</param>
    /// <param name="reason">What clients that are put out of a room are told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many were closed or have changed.</returns>
    /// <exception cref="AggregateException">Some could not be looked at; they are as they were, all others are done. Call again.</exception>
    public async Task<int> ReviewAsync(
        Predicate<RealtimeIdentity> concerned,
        Func<RealtimeIdentity, CancellationToken, ValueTask<ReviewOutcome>> look,
        string reason = DefaultReason,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(concerned);
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(reason);
        Interlocked.Increment(ref _accessVersion);
        var count = 0;
        var failures = new ConcurrentQueue<Exception>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxReviews, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            _connections.Values.Where(connection => concerned(connection.Identity)),
            parallel,
            async (connection, token) =>
            {
                try
                {
                    if (await ReviewOneAsync(connection, look, reason, token).ConfigureAwait(false))
                    {
                        Interlocked.Increment(ref count);
                    }
                }
                catch (Exception exception) when (!token.IsCancellationRequested)
                {
                    failures.Enqueue(exception);
                }
            }).ConfigureAwait(false);
        return failures.IsEmpty ? count : throw new AggregateException(failures);
    }

    /// <summary>Users who are connected now, each once, in no order.</summary>
    public IReadOnlyCollection<string> UserIds => _byUser.Keys;

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

    /// <summary>Changes so far of what credentials are worth: who was authenticated before the last of them is authenticated again.</summary>
    internal int AccessVersion => Volatile.Read(ref _accessVersion);

    /// <summary>Takes a client's own new credential.</summary>
    internal void Renew(Connection connection, RealtimeIdentity identity)
    {
        if (connection.TryChange(_ => identity))
        {
            _core.Door.Reexamine(connection, DefaultReason);
        }
    }

    /// <summary>Gives a message to a user's connections on this node, to one, or, with neither, to all.</summary>
    internal void Deliver(string? userId, string? connectionId, DirectMessage message)
    {
        if (userId is null && connectionId is null)
        {
            foreach (var loop in _core.Loops)
            {
                loop.Post(new LoopWork(LoopWorkKind.Broadcast, message));
            }

            return;
        }

        foreach (var connection in Find(userId, null, connectionId))
        {
            connection.Send(message.In(connection.Sender.Form));
        }
    }

    /// <summary>Closes the connections of a user or a session on this node, or one.</summary>
    internal int CloseHere(string? userId, string? sessionId, string? connectionId, CloseReason reason) => Close(() => Find(userId, sessionId, connectionId), reason);

    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    internal int CountOf(Transport transport) => Volatile.Read(ref transport is Transport.Sse ? ref _streams : ref _webSockets);

    /// <summary>Enters a connection into the register, then has it greeted: who reads its id there can be sent to by it.</summary>
    internal void Add(Connection connection)
    {
        _connections[connection.Id] = connection;
        Interlocked.Increment(ref connection.Stream is null ? ref _webSockets : ref _streams);
        _byUser.Add(connection.Identity.UserId, connection);
        _bySession.Add(connection.Identity.SessionId, connection);
        _core.Logger.ConnectionOpened(connection.Id, connection.Identity.UserId, connection.Stream is null ? Transport.WebSocket : Transport.Sse);
        connection.Tell(LiveEventKind.Connected);
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
        _byUser.Remove(connection.Identity.UserId, connection);
        _bySession.Remove(connection.Identity.SessionId, connection);
        Admission.Leave(connection.Identity.UserId, connection.RemoteAddress);
        _core.Logger.ConnectionEnded(connection.Id);
        connection.Tell(LiveEventKind.Disconnected);
    }

    private async ValueTask<bool> ReviewOneAsync(
        Connection connection, Func<RealtimeIdentity, CancellationToken, ValueTask<ReviewOutcome>> look, string reason, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = connection.Identity;
            var outcome = await look(before, cancellationToken).ConfigureAwait(false);

            // A client that renewed its credential meanwhile is looked at once more, with that.
            if (outcome.Identity is not { } now)
            {
                if (ReferenceEquals(connection.Identity, before))
                {
                    Close(connection, outcome.CloseReason ?? CloseReason.Revoked);
                    return true;
                }
            }
            else if (connection.TryReplace(before, now, out var isOther))
            {
                return isOther && _core.Door.Reexamine(connection, reason) >= 0;
            }
        }
    }

    private int Update(Func<IEnumerable<Connection>> find, Func<RealtimeIdentity, RealtimeIdentity> change, string reason)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(reason);
        Interlocked.Increment(ref _accessVersion);
        var changed = 0;
        foreach (var connection in find())
        {
            if (connection.TryChange(change))
            {
                changed++;
                _core.Door.Reexamine(connection, reason);
            }
        }

        return changed;
    }

    private int Close(Func<IEnumerable<Connection>> find, CloseReason reason)
    {
        Interlocked.Increment(ref _accessVersion);
        var count = 0;
        foreach (var connection in find())
        {
            Close(connection, reason);
            count++;
        }

        return count;
    }

    private void Close(Connection connection, CloseReason reason)
    {
        _core.Logger.ConnectionClosed(connection.Id, reason.Code, reason.Reason);
        connection.Close(new CloseRequest(reason));
    }

    private Connection[] Find(string? userId, string? sessionId, string? connectionId) =>
        userId is not null ? _byUser.Find(userId)
        : sessionId is not null ? _bySession.Find(sessionId)
        : connectionId is not null && _connections.TryGetValue(connectionId, out var connection) ? [connection]
        : [];

    /// <summary>Sends to connections here, and has the other nodes send to theirs of a user, or to one.</summary>
    private SendResult Send(Connection[] connections, string? userId, string? connectionId, string type, ReadOnlyMemory<byte> payload)
    {
        var message = Build(type, payload, out var id, out var sentAt);
        if (userId is not null || connectionId is not null)
        {
            _core.Cluster?.Sent(userId, connectionId, type, payload, id, sentAt);
        }

        foreach (var connection in connections)
        {
            connection.Send(message.In(connection.Sender.Form));
        }

        return new SendResult(id, connections.Length);
    }

    private DirectMessage Build(string type, ReadOnlyMemory<byte> payload, out Guid id, out DateTimeOffset sentAt)
    {
        ArgumentNullException.ThrowIfNull(type);
        if ((Rooms.CheckType(type) ?? PublishedPayload.Check(ref payload)) is { } error)
        {
            throw new ArgumentException(error.Message);
        }

        sentAt = _core.Time.GetUtcNow();
        id = MessageId.New(sentAt);
        return new DirectMessage(id, type, payload, sentAt);
    }
}
