namespace Causeway.Realtime;

/// <summary>Who is in a room, on this node and on others: each user once, whatever the number of devices. The room's gate guards it.</summary>
internal sealed class Presence
{
    private readonly SortedDictionary<string, User> _users = new(StringComparer.Ordinal);
    /// <summary>Of so many who left on other nodes, and as many before them, the version is known.</summary>
    private const int Remembered = 1_024;

    private readonly Dictionary<(string Node, string? User), (int Devices, long Version, long Word)> _elsewhere = [];

    // Of who has left, so that an older word that is still under way does not bring them back.
    private Dictionary<(string Node, string? User), long> _left = [];
    private Dictionary<(string Node, string? User), long> _leftBefore = [];
    private int _anonymous;
    private int _anonymousElsewhere;
    private int _absent;

    // Absences so far: no number comes twice, also not of a user who was forgotten and is back.
    private int _absences;

    /// <summary>Users here, everybody without identity counting as one.</summary>
    public int Count => _users.Count - _absent + (_anonymous + _anonymousElsewhere > 0 ? 1 : 0);

    /// <summary>The same, with those whose grace is not over: as far as anybody was told, they are here.</summary>
    public int CountWithAbsent => Count + _absent;

    /// <summary>Connections on other nodes.</summary>
    public int DevicesElsewhere { get; private set; }

    /// <summary>Words of other nodes so far: what is read from here on says nothing of those that follow.</summary>
    public long Words { get; private set; }

    /// <summary>Entries kept of users on other nodes, of those who left too: bounded, however many come and go.</summary>
    public int KnownElsewhere => _elsewhere.Count + _left.Count + _leftBefore.Count;

    /// <summary>Connections of a user on this node.</summary>
    public int DevicesHere(string? userId) => userId is null ? _anonymous : _users.GetValueOrDefault(userId)?.Here ?? 0;

    /// <summary>Connections of a user on other nodes.</summary>
    public int DevicesElsewhereOf(string userId) => _users.GetValueOrDefault(userId)?.Elsewhere ?? 0;

    /// <summary>Counts a device in.</summary>
    /// <returns>The user, when this makes them appear; null when they were here, or within their grace.</returns>
    public RoomMember? Enter(RealtimeIdentity identity)
    {
        if (identity.UserId is not { } id)
        {
            _anonymous++;
            return null;
        }

        return Change(id, identity.Name, here: 1, elsewhere: 0).Arrived;
    }

    /// <summary>Counts a device out.</summary>
    /// <returns>A number to pass to <see cref="EndGrace"/> when it was the user's last device; null otherwise.</returns>
    public int? Leave(RealtimeIdentity identity)
    {
        if (identity.UserId is not { } id)
        {
            _anonymous--;
            return null;
        }

        return _users.ContainsKey(id) ? Change(id, identity.Name, here: -1, elsewhere: 0).Absence : null;
    }

    /// <summary>Takes what another node says of a user; an older word than the last changes nothing.</summary>
    public PresenceChange Take(NodePresence presence)
    {
        var key = (presence.Node, presence.UserId);
        var known = _elsewhere.GetValueOrDefault(key);
        if (presence.Version <= Math.Max(known.Version, Math.Max(_left.GetValueOrDefault(key), _leftBefore.GetValueOrDefault(key))))
        {
            return default;
        }

        if (presence.Devices > 0)
        {
            _elsewhere[key] = (presence.Devices, presence.Version, ++Words);
        }
        else
        {
            _elsewhere.Remove(key);
            _left[key] = presence.Version;
            if (_left.Count == Remembered)
            {
                (_leftBefore, _left) = (_left, []);
            }
        }

        return Elsewhere(presence.UserId, presence.Name, presence.Devices - known.Devices);
    }

    /// <summary>What is known of other nodes is void, where a predicate says so.</summary>
    /// <param name="isVoid">Of a node and a user.</param>
    /// <param name="words">Only of what was known when there were so many <see cref="Words"/>.</param>
    /// <returns>Users who are not here any more, with the number to pass to <see cref="EndGrace"/>.</returns>
    public List<(string User, int Absence)> Forget(Func<string, string?, bool> isVoid, long words = long.MaxValue)
    {
        var absent = new List<(string, int)>();
        foreach (var (key, known) in _elsewhere.Where(entry => entry.Value.Word <= words && isVoid(entry.Key.Node, entry.Key.User)).ToList())
        {
            _elsewhere.Remove(key);
            if (Elsewhere(key.User, null, -known.Devices).Absence is { } absence)
            {
                absent.Add((key.User!, absence));
            }
        }

        return absent;
    }

    /// <summary>Lets a user go who did not come back.</summary>
    /// <returns>The user, when they are gone now; null when they are back or left anew since.</returns>
    public RoomMember? EndGrace(string userId, int absence)
    {
        if (!_users.TryGetValue(userId, out var user) || user.Devices > 0 || user.Absence != absence)
        {
            return null;
        }

        _users.Remove(userId);
        _absent--;
        return new RoomMember(userId, user.Name, 0);
    }

    /// <summary>Members in the order of their ids, those without identity first as one entry.</summary>
    /// <param name="withAbsent">Whether those count whose grace is not over, with 0 devices.</param>
    public IEnumerable<RoomMember> Members(bool withAbsent = false)
    {
        if (_anonymous + _anonymousElsewhere > 0)
        {
            yield return new RoomMember(null, null, _anonymous + _anonymousElsewhere);
        }

        foreach (var (id, user) in _users)
        {
            if (user.Devices > 0 || withAbsent)
            {
                yield return new RoomMember(id, user.Name, user.Devices);
            }
        }
    }

    private PresenceChange Elsewhere(string? userId, string? name, int devices)
    {
        DevicesElsewhere += devices;
        if (userId is null)
        {
            _anonymousElsewhere += devices;
            return default;
        }

        return devices == 0 ? default : Change(userId, name, here: 0, devices);
    }

    private PresenceChange Change(string userId, string? name, int here, int elsewhere)
    {
        if (!_users.TryGetValue(userId, out var user))
        {
            _users.Add(userId, new User { Name = name, Here = here, Elsewhere = elsewhere });
            return new PresenceChange(new RoomMember(userId, name, here + elsewhere), null);
        }

        var before = user.Devices;
        user.Here += here;
        user.Elsewhere += elsewhere;
        if (before == 0 && user.Devices > 0)
        {
            // Back within the grace: nobody has missed them.
            _absent--;
        }
        else if (before > 0 && user.Devices == 0)
        {
            _absent++;
            return new PresenceChange(null, user.Absence = ++_absences);
        }

        return default;
    }

    private sealed class User
    {
        public string? Name { get; init; }

        public int Here { get; set; }

        public int Elsewhere { get; set; }

        public int Absence { get; set; }

        public int Devices => Here + Elsewhere;
    }
}

/// <summary>What a change makes of a user.</summary>
/// <param name="Arrived">The user, when they appear by it.</param>
/// <param name="Absence">A number to pass to <see cref="Presence.EndGrace"/>, when their last device went.</param>
internal readonly record struct PresenceChange(RoomMember? Arrived, int? Absence);
