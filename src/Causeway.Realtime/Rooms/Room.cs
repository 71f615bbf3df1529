using System.Security.Cryptography;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>An ordered log with members. One gate guards log, members and presence; nothing under it waits.</summary>
internal sealed class Room
{
    /// <summary>Rooms with more members than this tell nobody who comes and goes.</summary>
    private readonly Lock _gate = new();
    private readonly LiveCore _core;
    private readonly FanoutLoop _home;
    private readonly RoomShard?[] _shards;
    private readonly RoomMembers _members;
    private readonly RoomLog? _log;
    private readonly List<PublishedMessage> _pending = [];
    private NamespaceRules _rules;
    private string _epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private long _sequence;
    private bool _turnQueued;
    private bool _skips;
    private bool _closed;
    private long _dropped;
    private long _slowCloses;
    private RoomSettings? _settings;
    private HashSet<string>? _allowed;
    private RoomEntry? _entry;

    public Room(RoomId id, RoomEntry? entry, NamespaceRules rules, LiveCore core, FanoutLoop home)
    {
        (Id, _entry, _core, _home) = (id, entry, core, home);
        _rules = rules = rules.With(entry?.Overrides);
        _shards = new RoomShard?[core.Loops.Length];
        _log = rules.HasHistory ? new RoomLog(rules.History, AgeOf(rules)) : null;
        IsStored = rules.IsStored;
        Opening = rules.HasToBeOpened ? new RoomOpening(this, _gate, _log, core) : null;
        _members = new RoomMembers(rules.Presence);
        Attendance = new RoomAttendance(this, _gate, _members, core);
        CreatedAt = core.Time.GetUtcNow();
    }

    public RoomId Id { get; }

    /// <summary>Those in force now; a reload replaces them.</summary>
    public NamespaceRules Rules => Volatile.Read(ref _rules);

    /// <summary>The life of this log: another one makes old positions void. Of a durable room it is known once that is open.</summary>
    public string Epoch => Volatile.Read(ref _epoch);

    /// <summary>Whether the log is in a store, for good or as long as it is kept.</summary>
    public bool IsStored { get; }

    /// <summary>What has to be read before anybody is let in; null for a room of which there is nothing to read.</summary>
    public RoomOpening? Opening { get; }

    /// <summary>Who comes and goes.</summary>
    public RoomAttendance Attendance { get; }

    /// <summary>False for a room of which something was not read yet: nobody can join it, nor publish what is stored.</summary>
    public bool IsOpen => Opening?.IsOpen != false;

    /// <summary>Whether it has ended; to be asked under the gate.</summary>
    public bool IsClosed => _closed;

    public RoomLogLimits LogLimits => new(Rules.History, Rules.HistoryAge, Rules.Durable);

    public long NewestOffset
    {
        get
        {
            lock (_gate)
            {
                return _log?.NewestOffset ?? 0;
            }
        }
    }

    public DateTimeOffset CreatedAt { get; }

    /// <summary>What it was created with; null for a room that came to be by itself and goes by itself.</summary>
    public RoomSettings? Settings => Volatile.Read(ref _settings);

    /// <summary>What the directory said last; null for a room that it does not have.</summary>
    public RoomEntry? Entry => Volatile.Read(ref _entry);

    /// <summary>The role of a user where no directory gives it: those named when the room was created are members.</summary>
    public RoomRole? RoleWithoutDirectory(string? userId) =>
        userId is not null && Volatile.Read(ref _allowed)?.Contains(userId) == true ? RoomRole.Member : null;

    /// <summary>The loop's members of this room; null while it has none.</summary>
    public RoomShard? ShardOf(FanoutLoop loop) => _shards[loop.Index];

    /// <summary>Whether a message has to be in a durable log before anybody gets it.</summary>
    public bool Stores(in RoomPublish publish) => IsStored && !publish.Ephemeral;

    /// <summary>Reads what has to be read before anybody is let in, once for all who come meanwhile. Completes at once where there is nothing to read.</summary>
    /// <returns>Null, or why not. A room that was closed meanwhile is not open: look it up again.</returns>
    public ValueTask<ApiError?> OpenAsync() => Opening?.OpenAsync() ?? default;

    /// <summary>All has been read.</summary>
    /// <param name="head">Where the log stands; null for a room whose log is not stored.</param>
    /// <param name="messages">Its newest messages.</param>
    /// <returns>What was heard of this log meanwhile, and is not among them; null for nothing.</returns>
    public long? Open(RoomLogHead? head, RoomMessage[] messages)
    {
        lock (_gate)
        {
            if (head is not null)
            {
                Volatile.Write(ref _epoch, head.Epoch);
                _log!.StartAt(head.Newest);
                foreach (var message in messages)
                {
                    _log.Append(message);
                }
            }

            return Opening!.Opened(head);
        }
    }

    /// <summary>A message of the log, as members get it.</summary>
    public RoomMessage Encode(RoomLogMessage message, string epoch, long publishedAt, Membership? excluded = null) => RoomMessage.Create(new RoomMessageContent
    {
        Id = message.Id,
        Room = Id,
        Epoch = epoch,
        Offset = message.Offset,
        Type = message.Type,
        ConflateKey = message.ConflateKey,
        From = message.Sender,
        SentAt = message.SentAt,
        PublishedAt = publishedAt,
        Payload = message.Payload,
        ExcludedConnection = excluded?.Connection.Number ?? 0,
    });

    /// <summary>Takes the messages that the log has stored next, and lets the room's loop know; those it has already change nothing.</summary>
    /// <param name="messages">Without a hole between them.</param>
    /// <param name="gone">Up to here the log holds nothing more that comes before them: retention took it.</param>
    public void TakeStored(List<PublishedMessage> messages, long gone = 0)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (messages.Count == 0 && gone > _log!.NewestOffset)
            {
                SkipTo(gone);
            }

            foreach (var message in messages)
            {
                if (message.Message.Offset <= _log!.NewestOffset)
                {
                    continue;
                }

                if (message.Message.Offset > _log.NewestOffset + 1)
                {
                    // What lies between was another node's, and retention has taken it.
                    SkipTo(message.Message.Offset - 1);
                }

                _log.Append(message.Message);
                Queue(message);
            }

            QueueTurn();
        }
    }

    /// <summary>Appends a message and lets the room's loop know; not one that a durable log has to store first.</summary>
    /// <returns>False when the room is gone: look it up again.</returns>
    public bool TryPublish(in RoomPublish publish, out RoomMessage? message)
    {
        lock (_gate)
        {
            if (_closed)
            {
                message = null;
                return false;
            }

            message = Append(publish);
            QueueTurn();
            return true;
        }
    }

    /// <summary>Everything published since the last turn, with the loops that have members; null when there is nothing to do.</summary>
    public RoomBatch? TakeBatch(List<FanoutLoop> audience)
    {
        lock (_gate)
        {
            _turnQueued = false;
            if (_pending.Count == 0)
            {
                return null;
            }

            var batch = new RoomBatch(this, [.. _pending], _sequence - _pending.Count + 1) { FollowsGap = _skips };
            _skips = false;
            _pending.Clear();
            for (var i = 0; i < _shards.Length; i++)
            {
                if (_shards[i] is { Count: > 0 })
                {
                    audience.Add(_core.Loops[i]);
                }
            }

            return batch;
        }
    }

    /// <summary>Makes a connection a member; its line starts with <see cref="Attach"/>.</summary>
    public JoinStatus TryJoin(Connection connection, bool echo, RoomRole? role, out Membership? member)
    {
        lock (_gate)
        {
            member = null;
            if (_closed)
            {
                return JoinStatus.Closed;
            }

            if (!IsOpen)
            {
                return JoinStatus.NotOpen;
            }

            if (_members.CountEverywhere >= Rules.MaxMembers)
            {
                return JoinStatus.Full;
            }

            member = new Membership(this, connection, echo, role);
            Attendance.Enter(member);
            QueueTurn();
            return JoinStatus.Joined;
        }
    }

    /// <summary>Ends a membership. Its line ends with <see cref="Detach"/>.</summary>
    /// <returns>False when it had ended before.</returns>
    public bool Leave(Membership member)
    {
        lock (_gate)
        {
            if (member.HasLeft)
            {
                return false;
            }

            Opening?.Use();
            Attendance.Leave(member);
            QueueTurn();
        }

        _core.Rooms.ForgetIfUnused(this);
        return true;
    }

    /// <summary>Takes a message of another node that no log holds.</summary>
    public void TakeUnlogged(RoomLogMessage message)
    {
        var encoded = Encode(message, "", _core.Time.GetTimestamp());
        lock (_gate)
        {
            if (!_closed)
            {
                Queue(new PublishedMessage(encoded, null, null));
                QueueTurn();
            }
        }
    }

    /// <summary>Starts or restarts a member's line: from here on its loop gives it the live messages. Called on that loop.</summary>
    public AttachPoint? Attach(Membership member, JoinRequest join)
    {
        lock (_gate)
        {
            // One that has left and has its line still gets messages until that ends, which is next: it is told so in this order.
            if (member is { HasLeft: true, ShardIndex: < 0 })
            {
                return null;
            }

            _log?.Trim(_core.Time.GetTimestamp());
            var newest = _log?.NewestOffset ?? 0;
            var recovered = join.Since is { } since && since.Epoch == Epoch && _log?.HoldsAllAfter(since.Offset) == true;
            var isNew = member.ShardIndex < 0;
            var from = recovered ? join.Since!.Value.Offset
                : isNew ? Math.Max((_log?.FirstOffset ?? 1) - 1, newest - Math.Min(newest, join.History))
                : newest;

            if (isNew)
            {
                (_shards[member.Connection.Loop.Index] ??= new RoomShard()).Add(member);
            }

            // A member that joins again without a position keeps its line as it is.
            if (isNew || recovered)
            {
                member.JoinedAfter = member.LiveAfter = _sequence;
                member.Position = from;
                member.IsBehind = from < newest;
            }

            return new AttachPoint(newest, from, recovered, _members.ListForMember(JoinRequest.ListedMembers));
        }
    }

    /// <summary>Ends a member's line. Called on its loop.</summary>
    public void Detach(Membership member)
    {
        lock (_gate)
        {
            if (member.ShardIndex >= 0)
            {
                _shards[member.Connection.Loop.Index]!.Remove(member);
            }
        }
    }

    /// <summary>The next stored messages after a position, some bytes of them.</summary>
    public ReadPoint ReadAfter(long position, int bytes, List<RoomMessage> messages)
    {
        lock (_gate)
        {
            if (_log is null)
            {
                return new ReadPoint(_sequence, 0);
            }

            _log.Trim(_core.Time.GetTimestamp());
            return new ReadPoint(_sequence, _log.ReadAfter(position, bytes, messages));
        }
    }

    /// <summary>Stored messages between two positions, both exclusive: the oldest when there is a lower bound, else the newest.</summary>
    public IReadOnlyList<RoomMessage> Read(long? after, long? before, int limit)
    {
        lock (_gate)
        {
            if (_log is null)
            {
                return [];
            }

            _log.Trim(_core.Time.GetTimestamp());
            return _log.Read(after, before, limit);
        }
    }

    public RoomInfo Describe()
    {
        lock (_gate)
        {
            _log?.Trim(_core.Time.GetTimestamp());
            var isOpen = !IsStored || IsOpen;
            return new RoomInfo
            {
                Id = Id,
                Epoch = isOpen ? Epoch : null,
                Offset = isOpen ? _log?.NewestOffset : null,
                Durable = IsStored && _rules.Durable,
                Connections = _members.CountEverywhere,
                Members = _members.Users,
                HistoryCount = _log?.Count ?? 0,
                Dropped = Interlocked.Read(ref _dropped),
                SlowCloses = Interlocked.Read(ref _slowCloses),
                Permanent = _settings is not null || _entry is not null,
                Settings = _settings ?? RoomSettings.Empty,
                CreatedAt = CreatedAt,
            };
        }
    }

    /// <summary>Makes the room one that stays; false when it is one already.</summary>
    public RoomChange TrySetSettings(RoomSettings settings, bool mustExist)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return RoomChange.Closed;
            }

            if (!mustExist && _settings is not null)
            {
                return RoomChange.Exists;
            }

            _settings = settings;
            Volatile.Write(ref _allowed, settings.AllowedUsers.Count > 0 ? new HashSet<string>(settings.AllowedUsers, StringComparer.Ordinal) : null);
            return RoomChange.Done;
        }
    }

    /// <summary>Puts another word of the directory into force, as <see cref="Adopt(NamespaceRules)"/> does with the rules that follow from it.</summary>
    public void Adopt(RoomEntry? entry, NamespaceRules ofNamespace)
    {
        lock (_gate)
        {
            Volatile.Write(ref _entry, entry is { Role: not null } ? entry with { Role = null } : entry);
            Adopt(ofNamespace);
        }
    }

    /// <summary>Puts other rules of the namespace into force, with the room's own; nobody is put out. Whether there is a log at all stays: positions of another log would mislead who comes back.</summary>
    /// <returns>Whether anything is different now.</returns>
    public bool Adopt(NamespaceRules ofNamespace)
    {
        lock (_gate)
        {
            var rules = ofNamespace.With(_entry?.Overrides);
            if (rules.HasHistory != _rules.HasHistory)
            {
                rules = rules with { History = _rules.History, HistoryAge = _rules.HistoryAge };
            }

            rules = rules with { Durable = _rules.Durable };

            if (_closed || rules == _rules)
            {
                return false;
            }

            _log?.Bound(rules.History, AgeOf(rules));
            _members.UsePresence(rules.Presence);
            Volatile.Write(ref _rules, rules);
            if (rules.Shared && rules.Presence)
            {
                Attendance.ShareAll();
                _core.Cluster!.Resynchronise();
            }

            return true;
        }
    }

    /// <summary>Members that a predicate picks.</summary>
    public Membership[] MembersWhere(Predicate<Membership> predicate)
    {
        lock (_gate)
        {
            return _members.Where(predicate);
        }
    }

    /// <summary>Ends the room for good.</summary>
    /// <returns>Who was in it; null when it had ended before.</returns>
    public Membership[]? Close()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }

            _closed = true;
            return Attendance.LeaveAll();
        }
    }

    /// <summary>Ends the room if nobody would miss it: no member, nothing in the log, not created by name.</summary>
    public bool CloseIfUnused()
    {
        lock (_gate)
        {
            _log?.Trim(_core.Time.GetTimestamp());
            if (_closed || _members.Count > 0 || _settings is not null || (Opening?.IsNeeded ?? _log is { Count: > 0 }))
            {
                return false;
            }

            return _closed = true;
        }
    }

    /// <summary>Appends a message, under the gate; <see cref="QueueTurn"/> must follow.</summary>
    public RoomMessage Append(in RoomPublish publish)
    {
        var now = _core.Time.GetUtcNow();
        var message = RoomMessage.Create(new RoomMessageContent
        {
            Id = MessageId.New(now),
            Room = Id,
            Epoch = Epoch,
            Offset = publish.Ephemeral || _log is null ? 0 : _log.NewestOffset + 1,
            Type = publish.Type,
            ConflateKey = publish.ConflateKey,
            From = publish.From,
            SentAt = now,
            PublishedAt = _core.Time.GetTimestamp(),
            Payload = publish.Payload,
            ExcludedConnection = publish.Excluded?.Connection.Number ?? 0,
        });

        if (message.Offset > 0)
        {
            _log!.Append(message);
        }

        Queue(new PublishedMessage(message, publish.Excluded, publish.Span));
        return message;
    }

    /// <summary>Lets the room's loop know of what has been appended, under the gate: a loop's inbox takes work without waiting.</summary>
    public void QueueTurn()
    {
        if (_pending.Count > 0 && !_turnQueued)
        {
            _turnQueued = true;
            _home.Post(new LoopWork(LoopWorkKind.RoomTurn, this));
        }
    }

    public void CountDropped(long count) => Interlocked.Add(ref _dropped, count);

    public void CountSlowClose() => Interlocked.Increment(ref _slowCloses);

    private long AgeOf(NamespaceRules rules) => (long)(rules.HistoryAge.TotalSeconds * _core.Time.TimestampFrequency);

    private void Queue(in PublishedMessage message)
    {
        _sequence++;
        if (_members.Count > 0 || _turnQueued)
        {
            _pending.Add(message);
        }
    }

    // Members can't be given what is not there any more: with the next batch they read the log, and find out what they lost.
    private void SkipTo(long offset)
    {
        _log!.StartAt(offset);
        _skips = _members.Count > 0;
    }
}
