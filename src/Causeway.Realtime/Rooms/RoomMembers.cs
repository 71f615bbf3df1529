namespace Causeway.Realtime;

/// <summary>Who is in a room: its connections and, where the namespace has presence, its users. The room's gate guards it.</summary>
internal sealed class RoomMembers(bool hasPresence)
{
    private readonly List<Membership> _all = [];
    private Presence? _presence = hasPresence ? new Presence() : null;

    /// <summary>Connections.</summary>
    public int Count => _all.Count;

    /// <summary>Connections here and, where there is presence, on other nodes.</summary>
    public int CountEverywhere => _all.Count + (_presence?.DevicesElsewhere ?? 0);

    public bool HasPresence => _presence is not null;

    /// <summary>Users here, everybody without identity counting as one; 0 without presence.</summary>
    public int Users => _presence?.Count ?? 0;

    /// <summary>Takes a member in.</summary>
    /// <returns>The user, when this makes them appear.</returns>
    public RoomMember? Add(Membership member)
    {
        member.RoomIndex = _all.Count;
        _all.Add(member);
        return _presence?.Enter(member.Connection.Identity);
    }

    /// <summary>Lets a member go.</summary>
    /// <returns>A number to pass to <see cref="EndGrace"/> when it was the user's last device; null otherwise.</returns>
    public int? Remove(Membership member)
    {
        var last = _all[^1];
        _all.RemoveAt(_all.Count - 1);
        if (last != member)
        {
            _all[member.RoomIndex] = last;
            last.RoomIndex = member.RoomIndex;
        }

        member.HasLeft = true;
        return _presence?.Leave(member.Connection.Identity);
    }

    /// <summary>Lets everybody go.</summary>
    public Membership[] RemoveAll()
    {
        var all = _all.ToArray();
        foreach (var member in all)
        {
            Remove(member);
        }

        return all;
    }

    /// <summary>Lets a user go who did not come back.</summary>
    /// <returns>The user, when they are gone now.</returns>
    public RoomMember? EndGrace(string userId, int absence) => _presence?.EndGrace(userId, absence);

    /// <summary>Connections of a user on this node, or of all without identity.</summary>
    public int DevicesHere(string? userId) => _presence?.DevicesHere(userId) ?? 0;

    /// <summary>Connections of a user on other nodes.</summary>
    public int DevicesElsewhere(string userId) => _presence?.DevicesElsewhereOf(userId) ?? 0;

    /// <summary>Takes what another node says of a user.</summary>
    public PresenceChange Take(NodePresence presence) => _presence?.Take(presence) ?? default;

    /// <summary>Words of other nodes so far.</summary>
    public long Words => _presence?.Words ?? 0;

    /// <summary>Makes what is known of other nodes void, where a predicate says so, of what was known when there were so many <see cref="Words"/>.</summary>
    public List<(string User, int Absence)> Forget(Func<string, string?, bool> isVoid, long words = long.MaxValue) => _presence?.Forget(isVoid, words) ?? [];

    /// <summary>Whoever is here, each user once, those without identity as null.</summary>
    public IEnumerable<RealtimeIdentity> Here() => _all.Select(static member => member.Connection.Identity).DistinctBy(static identity => identity.UserId);

    /// <summary>The first users; null without presence.</summary>
    public RoomMember[]? List(int limit) => _presence is null ? null : [.. _presence.Members().Take(limit)];

    /// <summary>What somebody is told who is in it: those whose grace is not over as well, since nobody will be told when they come back.</summary>
    public MemberList ListForMember(int limit) => new(_presence is null ? null : [.. _presence.Members(withAbsent: true).Take(limit)], _presence?.CountWithAbsent ?? 0);

    /// <summary>Begins or ceases to count users.</summary>
    public void UsePresence(bool wanted)
    {
        if (wanted == _presence is not null)
        {
            return;
        }

        _presence = wanted ? new Presence() : null;
        _all.ForEach(member => _presence?.Enter(member.Connection.Identity));
    }

    /// <summary>Members that a predicate picks.</summary>
    public Membership[] Where(Predicate<Membership> predicate) => [.. _all.FindAll(predicate)];
}
