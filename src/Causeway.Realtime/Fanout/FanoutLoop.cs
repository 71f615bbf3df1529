using System.Buffers;
using System.Collections.Concurrent;

namespace Causeway.Realtime;

/// <summary>
/// Owns a shard of the connections: only it writes to them. It takes work from one inbox, in order; while it is busy
/// more collects, so that load makes batches by itself and an idle server has no latency.
/// </summary>
internal sealed class FanoutLoop(int index, LiveCore core) : IThreadPoolWorkItem
{
    /// <summary>So many answers a reader sends, those of other readers among them, before it goes back to its own client.</summary>
    private const int MaxAnswersOfOthers = 64;

    private readonly ConcurrentQueue<LoopWork> _inbox = new();
    private readonly List<Connection> _connections = [];
    private readonly List<FanoutLoop> _audience = [];
    private readonly Deadlines _deadlines = new(core.Timings);
    private int _scheduled;
    private long _webSocketDeliveries;
    private long _streamDeliveries;

    public int Index => index;

    public int BacklogBytes { get; } = core.Options.BacklogBytes;

    public RealtimeMetrics Metrics => core.Metrics;

    public long WebSocketDeliveries => Volatile.Read(ref _webSocketDeliveries);

    public long StreamDeliveries => Volatile.Read(ref _streamDeliveries);

    /// <summary>Ticks of the deadlines so far.</summary>
    public int Now => _deadlines.Now;

    // Room to work in, for one thing at a time.

    public ArrayBufferWriter<byte> Scratch { get; } = new(4096);

    public List<RoomMessage> ReplayMessages { get; } = [];

    public List<int> ReplayEnds { get; } = [];

    /// <summary>Gives the loop something to do. Any thread.</summary>
    public void Post(LoopWork work)
    {
        _inbox.Enqueue(work);
        Wake();
    }

    /// <summary>Leaves something for the loop without waking it: <see cref="RunAnswers"/> or <see cref="Wake"/> must follow.</summary>
    public void Leave(LoopWork work) => _inbox.Enqueue(work);

    public void Wake()
    {
        if (Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0)
        {
            core.Pool.Queue(this);
        }
    }

    /// <summary>
    /// Sends the answers that a reader has left, on the reader's thread when the loop is at rest: that saves a hop. What
    /// goes to many is left to the loop's own turn, so that fan-out never holds up a reader.
    /// </summary>
    public void RunAnswers()
    {
        if (_inbox.IsEmpty || Interlocked.CompareExchange(ref _scheduled, 1, 0) != 0)
        {
            return;
        }

        for (var i = 0; i < MaxAnswersOfOthers && _inbox.TryPeek(out var next) && next.Kind is LoopWorkKind.Send; i++)
        {
            _inbox.TryDequeue(out next);
            TryRun(next);
        }

        if (_inbox.IsEmpty)
        {
            // A full fence: what was posted before this is seen, what is posted after wakes the loop.
            Interlocked.Exchange(ref _scheduled, 0);
            if (!_inbox.IsEmpty)
            {
                Wake();
            }
        }
        else
        {
            core.Pool.Queue(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (_inbox.TryDequeue(out var work))
            {
                TryRun(work);
            }

            Interlocked.Exchange(ref _scheduled, 0);
        }
        while (!_inbox.IsEmpty && Interlocked.CompareExchange(ref _scheduled, 1, 0) == 0);
    }

    public void CountDeliveries(Sender sender, int count)
    {
        if (sender.IsEventStream)
        {
            _streamDeliveries += count;
        }
        else
        {
            _webSocketDeliveries += count;
        }
    }

    /// <summary>A connection has started to close: it leaves everything now, and has only so long to end.</summary>
    public void CloseStarted(Connection connection, CloseRequest request)
    {
        connection.StartClosing();
        Post(new LoopWork(LoopWorkKind.Release, connection));
        _deadlines.CloseStarted(connection, request.HandOver);
    }

    public void CloseHandedOver(Connection connection) => _deadlines.CloseHandedOver(connection);

    /// <summary>Nothing is left to do for a connection: its request may end.</summary>
    public void Ended(Connection connection)
    {
        _deadlines.Forget(connection);
        connection.SetEnded();
    }

    private void TryRun(in LoopWork work)
    {
        try
        {
            Run(work);
        }
        catch (Exception exception)
        {
            // One connection's trouble must not stop the others of its loop.
            core.Logger.LoopWorkFailed(work.Kind, exception);
        }
    }

    private void Run(in LoopWork work)
    {
        switch (work.Kind)
        {
            case LoopWorkKind.RoomTurn:
                TakeTurn((Room)work.Target!);
                break;
            case LoopWorkKind.Deliver:
                Deliver((RoomBatch)work.Target!);
                break;
            case LoopWorkKind.Send:
                ((Connection)work.Target!).Sender.Send((byte[])work.Argument!);
                break;
            case LoopWorkKind.Broadcast:
                Broadcast((DirectMessage)work.Target!);
                break;
            case LoopWorkKind.Open:
                Open((Connection)work.Target!);
                break;
            case LoopWorkKind.Attach:
                Attach((Membership)work.Target!, (JoinRequest)work.Argument!);
                break;
            case LoopWorkKind.Detach:
                Detach((Membership)work.Target!, (byte[]?)work.Argument);
                break;
            case LoopWorkKind.ListMembers:
                ListMembers((Membership)work.Target!, (string?)work.Argument);
                break;
            case LoopWorkKind.Close:
                ((Connection)work.Target!).Sender.StartClose((CloseRequest)work.Argument!);
                break;
            case LoopWorkKind.PeerClosed:
                ((Connection)work.Target!).Sender.PeerClosed((ushort)work.Argument!);
                break;
            case LoopWorkKind.Gone:
                ((Connection)work.Target!).Sender.ReadingEnded();
                break;
            case LoopWorkKind.Release:
                Release((Connection)work.Target!);
                break;
            case LoopWorkKind.Written:
                ((Connection)work.Target!).Sender.Written((Exception?)work.Argument);
                break;
            case LoopWorkKind.Reschedule:
                _deadlines.Watch((Connection)work.Target!);
                break;
            case LoopWorkKind.Tick:
                _deadlines.Tick();
                break;
        }
    }

    private void TakeTurn(Room room)
    {
        _audience.Clear();
        if (room.TakeBatch(_audience) is not { } batch)
        {
            return;
        }

        foreach (var loop in _audience)
        {
            if (loop != this)
            {
                loop.Post(new LoopWork(LoopWorkKind.Deliver, batch));
            }
        }

        if (_audience.Contains(this))
        {
            Deliver(batch);
        }
    }

    private void Deliver(RoomBatch batch)
    {
        if (batch.Room.ShardOf(this) is not { } shard)
        {
            return;
        }

        var begun = batch.IsTraced ? core.Time.GetUtcNow() : default;
        MarkExcluded(batch);
        if (batch.FollowsGap)
        {
            FallBehind(shard);
        }

        shard.Delivered = Math.Max(shard.Delivered, batch.NewestOffset);
        for (var form = WireForm.Frame; form <= WireForm.ChunkedEvent; form++)
        {
            var members = shard.Sharing(form);
            if (members.Length > 0)
            {
                Deliver(batch, batch.Get(form), members);
            }
        }

        foreach (var member in shard.WithOwnCursor)
        {
            _streamDeliveries += StreamEvents.Deliver(member, batch, Scratch);
        }

        core.Metrics.Latency.Record(core.Time.GetElapsedTime(batch.OldestPublishedAt), batch.Count);
        if (batch.IsTraced)
        {
            MessageTracing.Delivered(batch, begun, core.Time.GetUtcNow(), index, shard.Count);
        }
    }

    private void Deliver(RoomBatch batch, WireBytes wire, ReadOnlySpan<Membership> members)
    {
        var bytes = wire.Bytes;
        var last = batch.Count - 1;
        var delivered = 0;
        foreach (var member in members)
        {
            var sender = member.Sender;
            if (member.IsBehind || member.SkipIn == batch || member.LiveAfter >= batch.FirstSequence)
            {
                DeliverPieces(member, batch, wire);
            }
            else if (!sender.IsClear)
            {
                sender.Send(member, batch, wire, 0, last);
            }
            else if (sender.Outlet.TryWrite(bytes) is var taken && taken == bytes.Length)
            {
                delivered++;
            }
            else
            {
                sender.SendRest(member, batch, wire, 0, last, taken);
            }
        }

        CountDeliveries(members[0].Sender, delivered * batch.Count);
    }

    // Members that have everything up to a gap read the log from there, as slow ones do, and are told of it by the same rule.
    private static void FallBehind(RoomShard shard)
    {
        for (var form = WireForm.Frame; form <= WireForm.ChunkedEvent; form++)
        {
            FallBehind(shard.Sharing(form), shard.Delivered);
        }

        FallBehind(shard.WithOwnCursor, shard.Delivered);
    }

    private static void FallBehind(ReadOnlySpan<Membership> members, long delivered)
    {
        foreach (var member in members)
        {
            if (!member.IsBehind)
            {
                member.Position = Math.Max(member.Position, delivered);
                member.IsBehind = true;
                member.Sender.StartReplay(member);
            }
        }
    }

    // For a member that joined in the middle of the batch, reads from the log, or must not hear one of the messages.
    private static void DeliverPieces(Membership member, RoomBatch batch, WireBytes wire)
    {
        var run = -1;
        for (var i = 0; i <= batch.Count; i++)
        {
            var wanted = i < batch.Count && member.Takes(batch, i);
            if (wanted && run < 0)
            {
                run = i;
            }
            else if (!wanted && run >= 0)
            {
                member.Sender.Send(member, batch, wire, run, i - 1);
                run = -1;
            }
        }
    }

    private void MarkExcluded(RoomBatch batch)
    {
        if (!batch.HasExclusions)
        {
            return;
        }

        foreach (var (_, excluded, _) in batch.Messages)
        {
            if (excluded?.Connection.Loop == this)
            {
                excluded.SkipIn = batch;
            }
        }
    }

    private void Broadcast(DirectMessage message)
    {
        foreach (var connection in _connections)
        {
            connection.Sender.Send(message.In(connection.Sender.Form));
        }
    }

    private void Open(Connection connection)
    {
        connection.LoopIndex = _connections.Count;
        _connections.Add(connection);
        _deadlines.Watch(connection);
        if (connection.Stream is { } stream)
        {
            stream.Start(connection, core);
        }
        else
        {
            connection.Sender.Start(ServerMessages.Connected(connection.Sender.Form, connection, core));
        }
    }

    private static void Attach(Membership member, JoinRequest join)
    {
        var sender = member.Sender;
        if (member.Room.Attach(member, join) is not { } point)
        {
            sender.Send(ServerMessages.Error(sender.Form, Refusals.NotInRoom(member.Room.Id), join.Reference));
            return;
        }

        if (point.Recovered)
        {
            sender.StartOver(member);
        }

        sender.Send(ServerMessages.Joined(sender.Form, member.Room, join, point));
        if (member.IsBehind)
        {
            sender.StartReplay(member);
        }
    }

    private static void Detach(Membership member, byte[]? notice)
    {
        member.Room.Detach(member);
        member.Sender.StopReplay(member);
        if (notice is not null)
        {
            member.Sender.Send(notice);
        }
    }

    private static void ListMembers(Membership member, string? reference)
    {
        var (sender, room) = (member.Sender, member.Room);
        sender.Send(ServerMessages.Members(sender.Form, reference, room.Id, room.Attendance.ListForMember(RoomActions.MaxListedMembers)));
    }

    private void Release(Connection connection)
    {
        connection.StartClosing();
        foreach (var member in connection.LeaveAll())
        {
            member.Room.Leave(member);
            member.Room.Detach(member);
        }

        core.Connections.Remove(connection);
        if (connection.LoopIndex >= 0)
        {
            var last = _connections[^1];
            _connections[connection.LoopIndex] = last;
            last.LoopIndex = connection.LoopIndex;
            _connections.RemoveAt(_connections.Count - 1);
            connection.LoopIndex = -1;
        }
    }
}
