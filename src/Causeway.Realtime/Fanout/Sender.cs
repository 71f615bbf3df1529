using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>
/// The way out of one connection. Only the connection's loop calls it, so it needs no lock; it never waits: what the
/// socket does not take goes to the backlog, and the namespace's policy decides when that is full.
/// </summary>
internal sealed class Sender(Connection connection, Outlet outlet, WireForm form, FanoutLoop loop)
{
    private readonly PendingWrite _write = new(connection, outlet, loop);
    private Backlog? _backlog;
    private List<Membership>? _behind;
    private List<Membership>? _untold;
    private Phase _phase;
    private bool _gone;
    private bool _peerClosed;
    private bool _isFinal;
    private long _reported;

    private enum Phase : byte
    {
        Open,
        Closing,
        CloseSent,
        Broken,
    }

    public Connection Connection => connection;

    public WireForm Form => form;

    public Outlet Outlet => outlet;

    public bool IsEventStream => form is WireForm.Event or WireForm.ChunkedEvent;

    /// <summary>True when nothing waits, so that bytes may go straight to the outlet.</summary>
    public bool IsClear { get; private set; }

    /// <summary>True while a write is under way that the line did not take at once.</summary>
    public bool IsWriting => _write.IsUnderWay;

    /// <summary>Bytes the socket did not take yet. Others read it without a lock.</summary>
    public long WaitingBytes => Volatile.Read(ref _reported);

    private long Waiting => (_backlog?.Bytes ?? 0) + _write.Bytes;

    /// <summary>Says the first words. What was sent before them has waited for them.</summary>
    public void Start(byte[] greeting)
    {
        if (_phase is Phase.Open)
        {
            WriteNow(greeting);
            Flush();
        }
    }

    /// <summary>Sends a piece of a batch to a member.</summary>
    public void Send(Membership member, RoomBatch batch, WireBytes wire, int first, int last)
    {
        if (_phase is not Phase.Open)
        {
            return;
        }

        if (!IsClear)
        {
            Enqueue(member, batch, wire, first, last);
            return;
        }

        var start = wire.StartOf(first);
        var length = wire.EndOf(last) - start;
        var taken = outlet.TryWrite(wire.Bytes.AsSpan(start, length));
        if (taken == length)
        {
            loop.CountDeliveries(this, last - first + 1);
        }
        else
        {
            SendRest(member, batch, wire, first, last, taken);
        }
    }

    /// <summary>Goes on where the outlet took only so many bytes of a piece; −1 for a broken line.</summary>
    public void SendRest(Membership member, RoomBatch batch, WireBytes wire, int first, int last, int taken)
    {
        if (taken < 0)
        {
            Break();
            return;
        }

        var position = wire.StartOf(first) + taken;
        var cut = outlet.BypassesServer ? wire.MessageAt(position, first) : last;
        Write(wire.Bytes.AsMemory(position, wire.EndOf(cut) - position));
        loop.CountDeliveries(this, cut - first + 1);
        if (cut < last && _phase is Phase.Open)
        {
            Enqueue(member, batch, wire, cut + 1, last);
        }

        Flush();
    }

    /// <summary>Sends bytes of the connection's own: an answer, a notice, an event with its own cursor.</summary>
    /// <param name="bytes">What to send.</param>
    /// <param name="room">Whose message it is, to count a slow reader there; null for no room's.</param>
    public void Send(byte[] bytes, Room? room = null)
    {
        if (_phase is not Phase.Open)
        {
            return;
        }

        if (IsClear)
        {
            WriteNow(bytes);
            Flush();
        }
        else if (Waiting + bytes.Length > loop.BacklogBytes)
        {
            connection.CountSlowClose(room);
            StartClose(new CloseRequest(CloseReason.SlowConsumer));
        }
        else
        {
            (_backlog ??= new Backlog()).Add(new Pending(bytes));
            Report();
        }
    }

    /// <summary>Begins to read a member's missed messages from its room's log.</summary>
    public void StartReplay(Membership member)
    {
        _behind ??= [];
        if (!_behind.Contains(member))
        {
            _behind.Add(member);
        }

        Flush();
    }

    public void StopReplay(Membership member)
    {
        _behind?.Remove(member);
        _untold?.Remove(member);
    }

    /// <summary>Forgets what waits for a member, and what it missed: it starts anew from the log.</summary>
    public void StartOver(Membership member)
    {
        StopReplay(member);
        member.Slow?.NoticeSent();
        while (member.Slow?.Oldest is { } pending)
        {
            _backlog!.Remove(pending);
        }

        Report();
    }

    /// <summary>Begins to close. A second call changes nothing.</summary>
    public void StartClose(CloseRequest request)
    {
        if (_phase is not Phase.Open)
        {
            return;
        }

        _phase = Phase.Closing;
        _isFinal = request.IsFinal;
        IsClear = false;
        (_behind, _untold) = (null, null);
        _backlog ??= new Backlog();
        if (request.Notice is { } notice)
        {
            _backlog.Add(new Pending(notice));
        }
        else
        {
            _backlog.Clear();
        }

        loop.CloseStarted(connection, request);
        if (!IsEventStream)
        {
            _backlog.Add(new Pending(FrameBuilder.BuildClose(request.Reason.Code, request.Reason.Reason)));
        }
        else if (request.Reason == CloseReason.SlowConsumer)
        {
            Break();
            return;
        }

        Flush();
    }

    /// <summary>The peer has sent its close: answer it, or be done.</summary>
    public void PeerClosed(ushort code)
    {
        _peerClosed = true;
        StartClose(new CloseRequest(new CloseReason(code, "", ComeBack: false)));
    }

    /// <summary>Nothing more comes from the peer: be done as soon as no write is under way.</summary>
    public void ReadingEnded()
    {
        _gone = true;
        if (!(_peerClosed && _phase is Phase.Closing))
        {
            Break();
        }
    }

    /// <summary>Ends the line at once.</summary>
    public void Break()
    {
        _phase = Phase.Broken;
        IsClear = false;
        (_behind, _untold) = (null, null);
        _backlog?.Clear();
        if (IsWriting || !_gone)
        {
            outlet.Reset();
        }

        loop.Post(new LoopWork(LoopWorkKind.Release, connection));
        Report();
        EndIfDone();
    }

    /// <summary>A write that had to wait has ended.</summary>
    public void Written(Exception? failure)
    {
        _write.End();
        if (failure is not null || _phase is Phase.Broken)
        {
            Break();
            return;
        }

        Flush();
    }

    /// <summary>Hands bytes to the line, which must be free; what it does not take is written as it can.</summary>
    public void WriteNow(ReadOnlyMemory<byte> bytes)
    {
        var taken = outlet.TryWrite(bytes.Span);
        if (taken < 0)
        {
            Break();
        }
        else if (taken < bytes.Length)
        {
            Write(bytes[taken..]);
        }
    }

    /// <summary>Writes what the line did not take at once; it must stay as it is until it is written.</summary>
    public void Write(ReadOnlyMemory<byte> bytes) => _write.Start(bytes);

    /// <summary>Tells a member what it has missed since it was told last; the line must be free.</summary>
    public void SendNotice(Membership member)
    {
        _untold?.Remove(member);
        WriteNow(ServerMessages.Dropped(form, member.Room.Id, member.Slow!));
        member.Slow!.NoticeSent();
    }

    public void CountDropped(Membership member, long offset, long count, SlowConsumerPolicy policy)
    {
        var slow = member.Slow ??= new SlowMember();
        if (slow.Dropped == 0)
        {
            (_untold ??= []).Add(member);
        }

        slow.CountDropped(offset, count);
        member.Room.CountDropped(count);
        connection.CountDropped(count);
        loop.Metrics.CountDropped(policy, count);
    }

    private void Enqueue(Membership member, RoomBatch batch, WireBytes wire, int first, int last)
    {
        _backlog ??= new Backlog();
        member.Slow ??= new SlowMember();
        if (SlowConsumers.TryMakeRoom(this, _backlog, member, batch, wire, first, last, loop.BacklogBytes - _write.Bytes))
        {
            Report();
        }
        else
        {
            connection.CountSlowClose(member.Room);
            StartClose(new CloseRequest(CloseReason.SlowConsumer));
        }
    }

    // Sends what waits until the line is full again, tells what was dropped, goes on with replays; then draws the line under the turn.
    private void Flush()
    {
        while (!IsWriting && _phase is Phase.Open or Phase.Closing && _backlog?.First is { } pending)
        {
            SendWaiting(pending);
        }

        while (!IsWriting && _phase is Phase.Open && _untold is [var member, ..])
        {
            SendNotice(member);
        }

        while (!IsWriting && _phase is Phase.Open && _behind is [var member, ..])
        {
            Replay.Continue(member, this, loop);
        }

        if (_phase is Phase.Closing && !IsWriting && _backlog?.First is null)
        {
            // A stream has no close handshake: with its last event it is over.
            _phase = Phase.CloseSent;
            _gone |= IsEventStream;
            if (_isFinal)
            {
                outlet.EndSending();
            }

            loop.CloseHandedOver(connection);
        }

        IsClear = _phase is Phase.Open && !IsWriting && _backlog?.First is null && _behind is null or [] && _untold is null or [];
        if (IsClear)
        {
            _backlog = null;
        }

        Report();
        EndIfDone();
    }

    private void SendWaiting(Pending pending)
    {
        if (pending.Member is { Slow.Dropped: > 0 } member && _phase is Phase.Open)
        {
            SendNotice(member);
        }
        else if (pending.Wire is { } wire && outlet.BypassesServer)
        {
            var taken = outlet.TryWrite(pending.Bytes.Span);
            if (taken == pending.Length)
            {
                loop.CountDeliveries(this, pending.Count);
                _backlog!.Remove(pending);
            }
            else if (taken < 0)
            {
                Break();
            }
            else
            {
                // The rest of the frame it took half of is written; the frames after it may still be dropped.
                var position = wire.StartOf(pending.FirstIndex) + taken;
                var cut = wire.MessageAt(position, pending.FirstIndex);
                loop.CountDeliveries(this, cut - pending.FirstIndex + 1);
                _backlog!.Advance(pending, cut + 1);
                Write(wire.Bytes.AsMemory(position, wire.EndOf(cut) - position));
            }
        }
        else
        {
            loop.CountDeliveries(this, pending.Count);
            _backlog!.Remove(pending);
            WriteNow(pending.Bytes);
        }
    }

    private void EndIfDone()
    {
        if (_gone && !IsWriting && _phase is Phase.CloseSent or Phase.Broken)
        {
            loop.Ended(connection);
        }
    }

    private void Report()
    {
        var waiting = Waiting;
        if (waiting != _reported)
        {
            loop.Metrics.AddBacklog(waiting - _reported);
            Volatile.Write(ref _reported, waiting);
        }
    }
}
