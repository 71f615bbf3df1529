using System.Security.Cryptography;
using System.Text;

namespace Causeway.Realtime;

/// <summary>This process as a node among others: tells them what concerns them, and takes what they tell. What it can't tell is lost; what matters is found in the stores again.</summary>
internal sealed class Cluster : IBackplaneReceiver, IDisposable
{
    /// <summary>How many rooms are looked at in one question.</summary>
    private const int RoomsAtOnce = 500;

    /// <summary>Above so many questions that wait, all rooms are one.</summary>
    private const int MaxMissed = 100;

    /// <summary>How often a node that does not hear the others looks into the stores.</summary>
    private static readonly TimeSpan LookWhileDeaf = TimeSpan.FromSeconds(1);

    private static readonly Predicate<RoomId> AllRooms = static _ => true;

    private readonly LiveCore _core;
    private readonly IBackplane _backplane;
    private readonly IRoomLogStore _logs;
    private readonly IClusterStore _store;
    private readonly PresenceShare _presence;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private List<Predicate<RoomId>> _missed = [];
    private bool _isReading;

    // Whether the last reading failed, and that was said.
    private bool _isFailing;

    public Cluster(LiveCore core, IBackplane backplane, IRoomLogStore logs, IClusterStore store)
    {
        (_core, _backplane, _logs, _store) = (core, backplane, logs, store);
        CatchUp = new RoomCatchUp(core, logs);
        _presence = new PresenceShare(core, this, store);
    }

    public RoomCatchUp CatchUp { get; }

    /// <summary>How this node is called until it loses its lease.</summary>
    public string Node => _presence.Node;

    /// <summary>Whether the other nodes are heard.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether this node is entered among the living.</summary>
    public bool IsMember => _presence.IsMember;

    public static string NewNodeId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public void Start()
    {
        _backplane.Start(this);
        _presence.Start();
        _ = _core.Pool.Run(LookWhileDeafAsync);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _presence.StopAsync(cancellationToken).ConfigureAwait(false);
        await _backplane.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stop.Cancel();
        CatchUp.Dispose();
        _presence.Dispose();
    }

    /// <summary>Hears of a room that is being opened; before anything of it is read, so that nothing falls between.</summary>
    public ValueTask FollowAsync(Room room) => room.Opening!.TryFollow() ? _backplane.FollowAsync(room.Id) : default;

    /// <summary>A room has ended here.</summary>
    public void Unfollow(Room room)
    {
        if (room.Opening?.EndFollowing() == true)
        {
            _backplane.Unfollow(room.Id);
        }
    }

    /// <summary>The log of a room has grown.</summary>
    public void Advanced(Room room, string epoch, long newest) => Send(ClusterItemKind.Advanced, room.Id, writer =>
    {
        writer.Write(room.Id.Value);
        writer.Write(epoch);
        writer.Write(newest);
    });

    /// <summary>A message that no log holds was published here.</summary>
    public void Published(RoomId room, in RoomPublish publish, RoomMessage message)
    {
        var (type, key, from, payload) = (publish.Type, publish.ConflateKey, publish.From, publish.Payload);
        Send(ClusterItemKind.Message, room, writer =>
        {
            writer.Write(room.Value);
            writer.Write(message.Id.ToByteArray(bigEndian: true));
            writer.Write(_core.Time.GetUtcNow().ToUnixTimeMilliseconds());
            writer.Write(type);
            writer.WriteText(key);
            writer.WriteBytes(from);
            writer.WriteBytes(payload.Span);
        });
    }

    /// <summary>Somebody has come to a room here, or left it.</summary>
    public void NotePresence(RoomId room, RealtimeIdentity identity, int devices) => _presence.Note(room, identity.UserId, identity.Name, devices);

    /// <summary>Who is in a room on other nodes; for a room that is being opened here.</summary>
    public async Task<IReadOnlyList<NodePresence>> ReadPresenceAsync(RoomId room, CancellationToken cancellationToken) =>
        _presence.OfOthers(await _store.ReadPresenceAsync([room], cancellationToken).ConfigureAwait(false));

    public void Present(NodePresence presence) => Send(ClusterItemKind.Presence, presence.Room, writer =>
    {
        writer.Write(presence.Room.Value);
        writer.WriteText(presence.UserId);
        writer.WriteText(presence.Name);
        writer.Write7BitEncodedInt(presence.Devices);
        writer.Write(presence.Version);
    });

    public void NodeGone(string node) => Send(ClusterItemKind.NodeGone, null, writer => writer.Write(node));

    public void Closed(RoomId room, string reason) => Send(ClusterItemKind.Closed, room, writer =>
    {
        writer.Write(room.Value);
        writer.Write(reason);
    });

    public void Kicked(RoomId room, string? userId, string? connectionId, string reason) => Send(ClusterItemKind.Kick, room, writer =>
    {
        writer.Write(room.Value);
        writer.WriteText(userId);
        writer.WriteText(connectionId);
        writer.Write(reason);
    });

    /// <summary>A message to a user's connections, to one, or, with neither, to all.</summary>
    public void Sent(string? userId, string? connectionId, string type, ReadOnlyMemory<byte> payload, Guid id, DateTimeOffset sentAt) => Send(ClusterItemKind.Direct, null, writer =>
    {
        writer.WriteText(userId);
        writer.WriteText(connectionId);
        writer.Write(type);
        writer.Write(id.ToByteArray(bigEndian: true));
        writer.Write(sentAt.ToUnixTimeMilliseconds());
        writer.WriteBytes(payload.Span);
    });

    public void Disconnected(string? userId, string? sessionId, string? connectionId, CloseReason reason) => Send(ClusterItemKind.Disconnect, null, writer =>
    {
        writer.WriteText(userId);
        writer.WriteText(sessionId);
        writer.WriteText(connectionId);
        writer.Write(reason.Code);
        writer.Write(reason.Reason);
        writer.Write(reason.ComeBack);
    });

    void IBackplaneReceiver.Interrupted()
    {
        IsConnected = false;
        _core.Logger.BackplaneInterrupted();
    }

    void IBackplaneReceiver.Restored()
    {
        IsConnected = true;
        _core.Logger.BackplaneConnected();
        Resynchronise();
    }

    void IBackplaneReceiver.Missed(Predicate<RoomId> rooms) => Resynchronise(rooms);

    void IBackplaneReceiver.Receive(ReadOnlySpan<byte> item)
    {
        using var reader = new BinaryReader(new MemoryStream(item.ToArray(), writable: false), Encoding.UTF8);
        try
        {
            var kind = (ClusterItemKind)reader.ReadByte();
            var node = reader.ReadString();
            if (_presence.IsOwn(node))
            {
                return;
            }

            Take(kind, node, reader);
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            _core.Logger.ClusterItemUnreadable(exception);
        }
    }

    private void Take(ClusterItemKind kind, string node, BinaryReader reader)
    {
        switch (kind)
        {
            case ClusterItemKind.Advanced:
                if (Find(reader) is { } grown)
                {
                    _ = CatchUp.HeardAsync(grown, reader.ReadString(), reader.ReadInt64());
                }

                break;
            case ClusterItemKind.Message:
                if (Find(reader) is { } room)
                {
                    TakeMessage(room, reader);
                }

                break;
            case ClusterItemKind.Presence:
                // Of a node that was taken out nobody is here any more; what it publishes before it knows is in the log all the same.
                if (!_presence.IsOther(node))
                {
                    break;
                }

                var id = RoomId.Parse(reader.ReadString(), null);
                _core.Rooms.Get(id)?.Attendance.Take(
                    [new NodePresence(node, id, reader.ReadText(), reader.ReadText(), reader.Read7BitEncodedInt(), reader.ReadInt64())]);
                break;
            case ClusterItemKind.NodeGone:
                if (reader.ReadString() is var gone && _presence.Forget(gone) && gone != node)
                {
                    // It did not stop by itself: what it stored last it may have told nobody.
                    Resynchronise();
                }

                break;
            case ClusterItemKind.Closed:
                if (Find(reader) is { } deleted)
                {
                    _core.Rooms.Close(deleted, reader.ReadString());
                }

                break;
            case ClusterItemKind.Kick:
                if (Find(reader) is { } left)
                {
                    Rooms.Kick(left, reader.ReadText(), reader.ReadText(), reader.ReadString());
                }

                break;
            case ClusterItemKind.Direct:
                var (user, connection, type) = (reader.ReadText(), reader.ReadText(), reader.ReadString());
                var message = new Guid(reader.ReadBytes(16), bigEndian: true);
                var sentAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
                _core.Connections.Deliver(user, connection, new DirectMessage(message, type, ClusterItem.ReadBytes(reader), sentAt));
                break;
            case ClusterItemKind.Disconnect:
                _core.Connections.CloseHere(
                    reader.ReadText(), reader.ReadText(), reader.ReadText(), new CloseReason(reader.ReadUInt16(), reader.ReadString(), reader.ReadBoolean()));
                break;
        }
    }

    private static void TakeMessage(Room room, BinaryReader reader)
    {
        var (id, sentAt) = (new Guid(reader.ReadBytes(16), bigEndian: true), reader.ReadInt64());
        var (type, key, from) = (reader.ReadString(), reader.ReadText(), ClusterItem.ReadBytes(reader));
        room.TakeUnlogged(new RoomLogMessage
        {
            Offset = 0,
            Id = id,
            Type = type,
            ConflateKey = key,
            Sender = from.Length > 0 ? from : null,
            SentAt = DateTimeOffset.FromUnixTimeMilliseconds(sentAt),
            Payload = ClusterItem.ReadBytes(reader),
        });
    }

    private Room? Find(BinaryReader reader) => RoomId.TryParse(reader.ReadString(), null, out var id) ? _core.Rooms.Get(id) : null;

    /// <summary>Reads what may have been missed of some rooms, or of all, until that succeeds; one such reading at a time, and another one for whoever asks meanwhile.</summary>
    public void Resynchronise(Predicate<RoomId>? rooms = null)
    {
        lock (_gate)
        {
            if (rooms is null || _missed.Count == MaxMissed)
            {
                _missed = [AllRooms];
            }
            else if (_missed is not [var one] || one != AllRooms)
            {
                _missed.Add(rooms);
            }

            if (_isReading)
            {
                return;
            }

            _isReading = true;
        }

        _ = _core.Pool.Run(ResynchroniseAsync);
    }

    /// <summary>What the others store is delivered without the backplane too, only later.</summary>
    private async Task LookWhileDeafAsync()
    {
        try
        {
            while (true)
            {
                await _core.Pool.Delay(LookWhileDeaf, _core.Time, _stop.Token).ConfigureAwait(false);
                if (!IsConnected)
                {
                    Resynchronise();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private async Task ResynchroniseAsync()
    {
        while (TakeMissed() is { } missed)
        {
            try
            {
                foreach (var rooms in _core.Rooms.Opened().Where(room => missed.Exists(isMissed => isMissed(room.Id))).Chunk(RoomsAtOnce))
                {
                    await ResynchroniseAsync(rooms).ConfigureAwait(false);
                }

                _isFailing = false;
            }
            catch (Exception exception)
            {
                Failed(exception);
                missed.ForEach(Resynchronise);
                try
                {
                    await _core.Pool.Delay(TimeSpan.FromSeconds(1), _core.Time, _stop.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private void Failed(Exception exception)
    {
        if (_isFailing)
        {
            _core.Logger.StillNotResynchronised(exception);
            return;
        }

        _isFailing = true;
        _core.Logger.NotResynchronised(exception);
    }

    private List<Predicate<RoomId>>? TakeMissed()
    {
        lock (_gate)
        {
            var missed = _missed;
            _missed = [];
            _isReading = missed.Count > 0;
            return _isReading ? missed : null;
        }
    }

    private async Task ResynchroniseAsync(Room[] rooms)
    {
        var logged = rooms.Where(static room => room.IsStored).ToArray();
        var positions = (await _logs.PositionsAsync([.. logged.Select(static room => room.Id)], _stop.Token).ConfigureAwait(false)).ToDictionary(static position => position.Room.Value);
        foreach (var room in logged)
        {
            if (positions.TryGetValue(room.Id.Value, out var position))
            {
                await CatchUp.HeardAsync(room, position.Epoch, position.Newest).ConfigureAwait(false);
            }
            else if (room.IsOpen)
            {
                await _core.Lookup.CloseGoneAsync(room).ConfigureAwait(false);
            }
        }

        var attended = rooms.Where(static room => room.Rules.Presence).ToArray();
        var words = Array.ConvertAll(attended, static room => room.Attendance.Words);
        var present = _presence.OfOthers(await _store.ReadPresenceAsync([.. attended.Select(static room => room.Id)], _stop.Token).ConfigureAwait(false)).ToLookup(static presence => presence.Room.Value);
        for (var i = 0; i < attended.Length; i++)
        {
            attended[i].Attendance.Take([.. present[attended[i].Id.Value]], words[i]);
        }
    }

    private void Send(ClusterItemKind kind, RoomId? room, Action<BinaryWriter> fields) => _backplane.Send(room, ClusterItem.Write(kind, _presence.Node, fields));
}
