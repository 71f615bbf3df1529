namespace Causeway.Realtime;

/// <summary>One client's line: who it is, its rooms, and the way to its loop. Business code never sees it, nor the socket.</summary>
internal sealed class Connection
{
    private readonly Lock _gate = new();
    private readonly LiveCore _core;
    private readonly List<Membership> _rooms = [];
    private RealtimeIdentity _identity;
    private byte[]? _sender;
    private TaskCompletionSource? _ended;
    private CancellationTokenSource? _aborted;
    private readonly CancellationToken _lineClosed;
    private bool _hasEnded;
    private bool _isClosing;
    private bool _left;
    private int _heardAt;
    private bool _heardSincePing = true;
    private long _dropped;
    private long _events;

    public Connection(LiveCore core, ConnectionSeed seed)
    {
        _core = core;
        _identity = seed.Identity;
        Number = seed.Number;
        Id = seed.Id;
        RemoteAddress = seed.RemoteAddress;
        Loop = core.Loops[(int)(Number % core.Loops.Length)];
        ConnectedAt = core.Time.GetUtcNow();
        _heardAt = Loop.Now;
        Stream = seed.Stream;
        _lineClosed = seed.LineClosed;
        Sender = new Sender(this, seed.Outlet, seed.Form, Loop);
    }

    public long Number { get; }

    public string Id { get; }

    public string? RemoteAddress { get; }

    public DateTimeOffset ConnectedAt { get; }

    public FanoutLoop Loop { get; }

    public Sender Sender { get; }

    /// <summary>The event stream it is; null for a WebSocket.</summary>
    public EventStream? Stream { get; }

    public bool HasOwnCursor => Stream is { Rooms.Count: > 1 };

    public RealtimeIdentity Identity => Volatile.Read(ref _identity);

    /// <summary>Place in the loop's list; −1 while in none. Belongs to the loop.</summary>
    public int LoopIndex { get; set; } = -1;

    /// <summary>Belongs to the loop.</summary>
    public ConnectionWatch Watch { get; } = new();

    public long Dropped => Interlocked.Read(ref _dropped);

    public bool HasEnded => Volatile.Read(ref _hasEnded);

    /// <summary>True once it is being closed: what the client still says is not heard.</summary>
    public bool IsClosing => Volatile.Read(ref _isClosing);

    /// <summary>The sender of its messages, as JSON.</summary>
    public byte[] SenderJson => _sender ??= ServerMessages.Sender(new MessageSender(Identity.UserId, Identity.Name, Id));

    public void Post(LoopWorkKind kind, object? argument = null) => Loop.Post(new LoopWork(kind, this, argument));

    public void Send(byte[] bytes) => Post(LoopWorkKind.Send, bytes);

    /// <summary>Sends an answer from the connection's own reader, which runs or wakes the loop when it has read all there is.</summary>
    public void Answer(byte[] bytes) => Loop.Leave(new LoopWork(LoopWorkKind.Send, this, bytes));

    public void Close(CloseRequest request) => Post(LoopWorkKind.Close, request);

    /// <summary>The loop's tick at which the peer last showed that it lives.</summary>
    public int HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>Whether it did since the last ping.</summary>
    public bool HeardSincePing
    {
        get => Volatile.Read(ref _heardSincePing);
        set => Volatile.Write(ref _heardSincePing, value);
    }

    public void MarkHeard()
    {
        Volatile.Write(ref _heardAt, Loop.Now);
        HeardSincePing = true;
    }

    /// <summary>Takes another identity of the same user; whoever reads the old one meanwhile reads all of it.</summary>
    /// <returns>False where the change made none.</returns>
    public bool TryChange(Func<RealtimeIdentity, RealtimeIdentity> change)
    {
        while (true)
        {
            var before = Identity;
            if (TryReplace(before, change(before), out var isOther))
            {
                return isOther;
            }
        }
    }

    /// <summary>Takes another identity of the same user, if it still has the one that this was made of.</summary>
    /// <param name="before">That one.</param>
    /// <param name="after">The other.</param>
    /// <param name="isOther">Whether it says anything else.</param>
    public bool TryReplace(RealtimeIdentity before, RealtimeIdentity after, out bool isOther)
    {
        // Presence counted this user in under these names, and the register knows the session, so they stay for the life of the connection.
        after = after with { UserId = before.UserId, Name = before.Name, SessionId = before.SessionId, Device = before.Device };
        isOther = after != before;
        if (!isOther)
        {
            return ReferenceEquals(Identity, before);
        }

        if (Interlocked.CompareExchange(ref _identity, after, before) != before)
        {
            return false;
        }

        if (after.ExpiresAt != before.ExpiresAt)
        {
            Post(LoopWorkKind.Reschedule);
        }

        return true;
    }

    public Membership? Find(Room room)
    {
        lock (_gate)
        {
            return _rooms.Find(member => member.Room == room);
        }
    }

    public Membership[] Memberships()
    {
        lock (_gate)
        {
            return [.. _rooms];
        }
    }

    public RoomId[] RoomIds()
    {
        lock (_gate)
        {
            return [.. _rooms.Select(static member => member.Room.Id)];
        }
    }

    public int RoomCount
    {
        get
        {
            lock (_gate)
            {
                return _rooms.Count;
            }
        }
    }

    /// <summary>Notes a membership; false when the connection has left everything meanwhile.</summary>
    public bool TryAdd(Membership member)
    {
        lock (_gate)
        {
            if (!_left)
            {
                _rooms.Add(member);
                Tell(LiveEventKind.Joined, member.Room.Id);
            }

            return !_left;
        }
    }

    public bool Remove(Membership member)
    {
        lock (_gate)
        {
            if (!_rooms.Remove(member))
            {
                return false;
            }

            Tell(LiveEventKind.Left, member.Room.Id);
            return true;
        }
    }

    /// <summary>Takes all memberships away, for good.</summary>
    public Membership[] LeaveAll()
    {
        lock (_gate)
        {
            _left = true;
            var rooms = _rooms.ToArray();
            _rooms.Clear();
            foreach (var member in rooms)
            {
                Tell(LiveEventKind.Left, member.Room.Id);
            }

            return rooms;
        }
    }

    /// <summary>Tells that it is in the register, or no more.</summary>
    public void Tell(LiveEventKind kind)
    {
        if (_core.Observer is not null)
        {
            lock (_gate)
            {
                Tell(kind, null);
            }
        }
    }

    /// <summary>The cursor of an event: the stream's positions, this room's being the message's own.</summary>
    public string CursorAt(Membership member, long offset) =>
        HasOwnCursor ? Stream!.CursorAt(member, offset) : EventCursor.Format(member.Room.Epoch, offset);

    public void CountDropped(long count) => Interlocked.Add(ref _dropped, count);

    public void CountSlowClose(Room? room)
    {
        room?.CountSlowClose();
        _core.Metrics.CountSlowClose();
        _core.Logger.SlowConsumerClosed(Id, room?.Id.Value, _core.Options.BacklogBytes);
    }

    /// <summary>Completes when nothing is left to do for the line, so that the request may end.</summary>
    public Task WaitEndedAsync()
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return Task.CompletedTask;
            }

            _ended ??= new TaskCompletionSource(_core.Pool.Completion);
            return _ended.Task;
        }
    }

    public void SetEnded()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _ended?.TrySetResult();
        }
    }

    /// <summary>Stops listening to the client, and what is being done for it.</summary>
    public void StartClosing()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isClosing, true);
            _ = _aborted?.CancelAsync();
        }
    }

    /// <summary>Cancelled when the connection closes, whoever closes it; made when a handler first asks.</summary>
    public CancellationToken Aborted
    {
        get
        {
            lock (_gate)
            {
                // A handler keeps the reader from seeing the line's end, so the line says it itself.
                _aborted ??= CancellationTokenSource.CreateLinkedTokenSource(_lineClosed);
                return _isClosing ? new CancellationToken(canceled: true) : _aborted.Token;
            }
        }
    }

    // Under the gate, so that events of one connection have the order of their numbers.
    private void Tell(LiveEventKind kind, RoomId? room)
    {
        if (_core.Observer is not { } observer)
        {
            return;
        }

        var sequence = ++_events;
        if (observer.Wants(kind, room))
        {
            observer.Take(new LiveEvent(kind, _core.Time.GetUtcNow())
            {
                Sequence = sequence,
                Room = room,
                ConnectionId = Id,
                UserId = Identity.UserId,
                UserName = Identity.Name,
                Transport = Stream is null ? Transport.WebSocket : Transport.Sse,
                RemoteAddress = RemoteAddress,
            });
        }
    }

    public ConnectionInfo Describe() => new()
    {
        Id = Id,
        UserId = Identity.UserId,
        Name = Identity.Name,
        SessionId = Identity.SessionId,
        Device = Identity.Device,
        Transport = Stream is null ? Transport.WebSocket : Transport.Sse,
        RemoteAddress = RemoteAddress,
        ConnectedAt = ConnectedAt,
        Rooms = RoomIds(),
        BacklogBytes = Sender.WaitingBytes,
        Dropped = Dropped,
    };
}
