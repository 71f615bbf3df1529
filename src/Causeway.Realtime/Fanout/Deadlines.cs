using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>
/// The heartbeats and time-outs of one loop's connections: a hashed timing wheel, so that a connection costs two
/// references and no timer. Ticks are counted, not read off a clock: a process that was stopped for a minute does not
/// take its clients for dead. Belongs to the loop.
/// </summary>
internal sealed class Deadlines(Timings timings)
{
    private const int Slots = 512;

    private static readonly byte[] Ping = FrameBuilder.Build(Opcode.Ping, []);

    private readonly Connection?[] _slots = new Connection?[Slots];
    private int _now;

    /// <summary>Ticks so far. Others read it without a lock.</summary>
    public int Now => Volatile.Read(ref _now);

    /// <summary>Watches a connection, or looks anew at one whose deadlines have changed.</summary>
    public void Watch(Connection connection)
    {
        if (connection.HasEnded)
        {
            return;
        }

        var watch = connection.Watch;
        if (!watch.Started)
        {
            watch.Started = true;
            watch.NextPing = _now + (connection.Sender.IsEventStream ? timings.StreamComment : timings.Heartbeat);
        }

        Schedule(connection);
    }

    public void Forget(Connection connection) => Unlink(connection);

    public void CloseStarted(Connection connection, TimeSpan? handOver)
    {
        connection.Watch.CloseBy = _now + (handOver is { } wait ? Timings.ToTicks(wait) : timings.CloseHandOver);
        Schedule(connection);
    }

    public void CloseHandedOver(Connection connection)
    {
        connection.Watch.CloseBy = _now + timings.CloseAnswer;
        Schedule(connection);
    }

    /// <summary>Time has passed: deals with every connection that is due.</summary>
    public void Tick()
    {
        Volatile.Write(ref _now, _now + 1);
        var next = _slots[_now % Slots];
        while (next is { } connection)
        {
            next = connection.Watch.Next;
            if (connection.Watch.Due - _now <= 0)
            {
                Check(connection);
            }
        }
    }

    private void Check(Connection connection)
    {
        var watch = connection.Watch;
        var sender = connection.Sender;
        if (watch.CloseBy is { } closeBy)
        {
            if (closeBy - _now <= 0)
            {
                Unlink(connection);
                sender.Break();
                return;
            }
        }
        else if (!CheckCredential(connection))
        {
            return;
        }
        else if (sender.IsEventStream)
        {
            if (watch.NextPing - _now <= 0)
            {
                watch.NextPing = _now + timings.StreamComment;
                sender.Send(EventStream.Comment(sender.Form));
            }
        }
        else if (!CheckHeartbeat(connection))
        {
            return;
        }

        if (!connection.HasEnded)
        {
            Schedule(connection);
        }
    }

    private bool CheckHeartbeat(Connection connection)
    {
        var watch = connection.Watch;
        var pingDue = watch.NextPing - _now <= 0;
        if (_now - connection.HeardAt >= timings.Idle || (pingDue && !connection.HeardSincePing))
        {
            connection.Sender.StartClose(new CloseRequest(CloseReason.HeartbeatTimeout));
            return false;
        }

        if (pingDue)
        {
            watch.NextPing = _now + timings.Heartbeat;
            connection.HeardSincePing = false;
            connection.Sender.Send(Ping);
        }

        return true;
    }

    private bool CheckCredential(Connection connection)
    {
        if (connection.Identity.ExpiresAt is not { } end)
        {
            return true;
        }

        var left = end - timings.Time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            connection.Sender.StartClose(new CloseRequest(CloseReason.CredentialExpired));
            return false;
        }

        if (left <= Timings.ExpiryNotice && connection.Watch.ToldOfExpiry != end)
        {
            connection.Watch.ToldOfExpiry = end;
            connection.Sender.Send(ServerMessages.TokenExpiring(connection.Sender.Form, left));
        }

        return true;
    }

    private void Schedule(Connection connection)
    {
        var watch = connection.Watch;
        var due = watch.CloseBy ?? watch.NextPing;
        if (watch.CloseBy is null)
        {
            if (!connection.Sender.IsEventStream)
            {
                due = Earlier(due, connection.HeardAt + timings.Idle);
            }

            if (connection.Identity.ExpiresAt is { } end)
            {
                var left = end - timings.Time.GetUtcNow();
                var wait = watch.ToldOfExpiry == end ? left : left - Timings.ExpiryNotice;
                due = Earlier(due, _now + Timings.ToTicks(wait));
            }
        }

        Unlink(connection);
        watch.Due = Math.Max(due, _now + 1);
        ref var slot = ref _slots[watch.Due % Slots];
        watch.Next = slot;
        if (slot is not null)
        {
            slot.Watch.Previous = connection;
        }

        slot = connection;
        watch.Linked = true;
    }

    private void Unlink(Connection connection)
    {
        var watch = connection.Watch;
        if (!watch.Linked)
        {
            return;
        }

        if (watch.Next is not null)
        {
            watch.Next.Watch.Previous = watch.Previous;
        }

        if (watch.Previous is not null)
        {
            watch.Previous.Watch.Next = watch.Next;
        }
        else
        {
            _slots[watch.Due % Slots] = watch.Next;
        }

        (watch.Next, watch.Previous, watch.Linked) = (null, null, false);
    }

    private static int Earlier(int a, int b) => a - b < 0 ? a : b;
}

/// <summary>What the wheel knows of one connection, in ticks. Belongs to the connection's loop.</summary>
internal sealed class ConnectionWatch
{
    public Connection? Next { get; set; }

    public Connection? Previous { get; set; }

    public bool Linked { get; set; }

    public bool Started { get; set; }

    public int Due { get; set; }

    public int NextPing { get; set; }

    /// <summary>The end of the connection's patience while it closes; null while it is open.</summary>
    public int? CloseBy { get; set; }

    /// <summary>The end that the client was told of.</summary>
    public DateTimeOffset? ToldOfExpiry { get; set; }
}
