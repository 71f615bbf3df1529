namespace Causeway.Realtime;

/// <summary>Who is in a room: each user once, whatever the number of devices. The room's gate guards it.</summary>
internal sealed class Presence
{
    private readonly SortedDictionary<string, User> _users = new(StringComparer.Ordinal);
    private int _anonymous;

    private int _absent;

    /// <summary>Users here, everybody without identity counting as one.</summary>
    public int Count => _users.Count - _absent + (_anonymous > 0 ? 1 : 0);

    /// <summary>Counts a device in.</summary>
    /// <returns>The user, when this makes them appear; null when they were here, or within their grace.</returns>
    public RoomMember? Enter(RealtimeIdentity identity)
    {
        if (identity.UserId is not { } id)
        {
            _anonymous++;
            return null;
        }

        if (_users.TryGetValue(id, out var user))
        {
            if (user.Devices++ == 0)
            {
                _absent--;
            }

            return null;
        }

        _users.Add(id, new User { Name = identity.Name, Devices = 1 });
        return new RoomMember(id, identity.Name, 1);
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

        if (!_users.TryGetValue(id, out var user) || --user.Devices > 0)
        {
            return null;
        }

        _absent++;
        return ++user.Absence;
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
    public IEnumerable<RoomMember> Members()
    {
        if (_anonymous > 0)
        {
            yield return new RoomMember(null, null, _anonymous);
        }

        foreach (var (id, user) in _users)
        {
            if (user.Devices > 0)
            {
                yield return new RoomMember(id, user.Name, user.Devices);
            }
        }
    }

    private sealed class User
    {
        public string? Name { get; init; }

        public int Devices { get; set; }

        public int Absence { get; set; }
    }
}
