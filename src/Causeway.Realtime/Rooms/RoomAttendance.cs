namespace Causeway.Realtime;

/// <summary>
/// Who comes to a room and goes, here and on the other nodes, and who is told: its members by announcements, once a user's grace is over, and the other nodes by how many connections of each user are here. The room's gate guards it.
/// </summary>
internal sealed class RoomAttendance(Room room, Lock gate, RoomMembers members, LiveCore core)
{
    private const int MaxAnnouncedMembers = 1_000;

    /// <summary>What other nodes have said so far of who is here: to be asked for before that is read.</summary>
    public long Words
    {
        get
        {
            lock (gate)
            {
                return members.Words;
            }
        }
    }

    /// <summary>Who is in the room, but for those within their grace.</summary>
    public MemberList List(int limit)
    {
        lock (gate)
        {
            return new MemberList(members.List(limit), members.Users);
        }
    }

    /// <summary>As <see cref="List"/>, for somebody who hears who comes and goes from here on.</summary>
    public MemberList ListForMember(int limit)
    {
        lock (gate)
        {
            return members.ListForMember(limit);
        }
    }

    /// <summary>Connections of a user on other nodes.</summary>
    public int DevicesElsewhere(string userId)
    {
        lock (gate)
        {
            return members.DevicesElsewhere(userId);
        }
    }

    /// <summary>Somebody comes in.</summary>
    public void Enter(Membership member)
    {
        if (members.Add(member) is { } arrived)
        {
            Announce("user_joined", arrived);
        }

        Share(member.Connection.Identity);
    }

    /// <summary>Somebody goes.</summary>
    public void Leave(Membership member)
    {
        if (members.Remove(member) is { } absence)
        {
            Miss(member.Connection.Identity.UserId!, absence);
        }

        Share(member.Connection.Identity);
    }

    /// <summary>Everybody goes, since the room has ended.</summary>
    /// <returns>Who was in it.</returns>
    public Membership[] LeaveAll()
    {
        var here = members.Here().ToList();
        var all = members.RemoveAll();
        here.ForEach(Share);
        return all;
    }

    /// <summary>A user's grace period is over: if they did not come back, the others hear of it.</summary>
    public void EndGrace(string userId, int absence)
    {
        lock (gate)
        {
            if (!room.IsClosed && members.EndGrace(userId, absence) is { } left)
            {
                Announce("user_left", left);
            }

            room.QueueTurn();
        }
    }

    /// <summary>Takes what other nodes say of who is in the room on them.</summary>
    /// <param name="presences">Each node's in its order.</param>
    /// <param name="allSince">Not null where that is everybody, read when there were so many <see cref="Words"/>: whoever was known then and is not among them is not there.</param>
    public void Take(IReadOnlyList<NodePresence> presences, long? allSince = null)
    {
        lock (gate)
        {
            if (room.IsClosed)
            {
                return;
            }

            if (allSince is { } words)
            {
                var there = presences.Select(static presence => (presence.Node, presence.UserId)).ToHashSet();
                members.Forget((node, user) => !there.Contains((node, user)), words).ForEach(left => Miss(left.User, left.Absence));
            }

            foreach (var presence in presences)
            {
                var change = members.Take(presence);
                if (change.Arrived is { } arrived)
                {
                    Announce("user_joined", arrived);
                }
                else if (change.Absence is { } absence)
                {
                    Miss(presence.UserId!, absence);
                }
            }

            room.QueueTurn();
        }
    }

    /// <summary>A node is no more, nor is who was on it.</summary>
    public void ForgetNode(string node)
    {
        lock (gate)
        {
            members.Forget((of, _) => of == node).ForEach(left => Miss(left.User, left.Absence));
            room.QueueTurn();
        }
    }

    /// <summary>Tells the other nodes of everybody who is here.</summary>
    public void ShareAll()
    {
        lock (gate)
        {
            foreach (var identity in members.Here())
            {
                Share(identity);
            }
        }
    }

    private void Share(RealtimeIdentity identity)
    {
        if (room.Rules.Shared && members.HasPresence)
        {
            core.Cluster!.NotePresence(room.Id, identity, members.DevicesHere(identity.UserId));
        }
    }

    // Where nobody is left, nobody waits for them to come back.
    private void Miss(string userId, int absence)
    {
        if (members.Count == 0)
        {
            members.EndGrace(userId, absence);
        }
        else
        {
            core.Grace.Add(room, userId, absence);
        }
    }

    private void Announce(string type, RoomMember member)
    {
        if (members.Users <= MaxAnnouncedMembers)
        {
            room.Append(new RoomPublish(type, ServerMessages.PresencePayload(room.Id, member)) { Ephemeral = true, ConflateKey = $"presence:{member.UserId}" });
        }
    }
}
