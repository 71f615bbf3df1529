using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Lets connections into rooms, and puts them out when they may not stay: the one way in for WebSockets and event streams.</summary>
internal sealed class RoomDoor(LiveCore core)
{
    /// <summary>Makes a connection a member of a room, if it may. Its line starts with <see cref="Room.Attach"/>.</summary>
    /// <returns>The membership, or why not. Completes at once unless a directory has to be asked.</returns>
    public ValueTask<(Membership? Member, ApiError? Error)> EnterAsync(Connection connection, RoomId id, bool echo) =>
        core.Guard?.GuardsJoin(id) == true ? AskAndEnterAsync(connection, id, echo) : EnterByRulesAsync(connection, id, echo);

    private ValueTask<(Membership? Member, ApiError? Error)> EnterByRulesAsync(Connection connection, RoomId id, bool echo)
    {
        var identity = connection.Identity;
        var looking = core.Lookup.FindAsync(id, identity.UserId, CancellationToken.None);
        if (!looking.IsCompletedSuccessfully)
        {
            return EnterAsync(connection, identity, id, echo, looking);
        }

        var found = looking.Result;
        if (MustOpen(id, found))
        {
            return OpenAndEnterAsync(connection, identity, id, echo, found);
        }

        var error = Enter(connection, identity, id, echo, found, out var member);
        return error is null && HasChanged(connection, identity, found.Standing)
            ? ConfirmAsync(member!)
            : ValueTask.FromResult((member, error));
    }

    /// <summary>Puts a connection out of the rooms that it may not be in any more; each is told by <c>kicked</c>.</summary>
    /// <returns>How many those were.</returns>
    public int Reexamine(Connection connection, string reason)
    {
        var count = 0;
        foreach (var member in connection.Memberships())
        {
            count += StaysIn(member) || !Rooms.PutOut(member, "kicked", reason) ? 0 : 1;
        }

        if (count > 0)
        {
            core.Logger.ConnectionPutOut(connection.Id, count, reason);
        }

        return count;
    }

    /// <summary>Puts those out of a room who may not be in it any more.</summary>
    /// <returns>How many those were.</returns>
    public static int Reexamine(Room room, string reason) =>
        room.MembersWhere(static member => !StaysIn(member)).Count(member => Rooms.PutOut(member, "kicked", reason));

    /// <summary>The same where somebody else has the last word. Whoever the rules refuse is not asked about.</summary>
    private async ValueTask<(Membership? Member, ApiError? Error)> AskAndEnterAsync(Connection connection, RoomId id, bool echo) =>
        await core.Access.CheckJoinAsync(connection.Identity, id, connection.Aborted).ConfigureAwait(false) is { } refused
            ? (null, refused)
            : await EnterByRulesAsync(connection, id, echo).ConfigureAwait(false);

    private static bool StaysIn(Membership member) =>
        RoomAccess.CheckJoin(member.Connection.Identity, member.Room.Rules, member.Room.Id, member.Role) is null;

    private async ValueTask<(Membership? Member, ApiError? Error)> EnterAsync(
        Connection connection, RealtimeIdentity identity, RoomId id, bool echo, ValueTask<(RoomStanding Standing, ApiError? Failure)> looking)
    {
        var found = await looking.ConfigureAwait(false);
        if (MustOpen(id, found))
        {
            return await OpenAndEnterAsync(connection, identity, id, echo, found).ConfigureAwait(false);
        }

        var error = Enter(connection, identity, id, echo, found, out var member);
        return error is null && HasChanged(connection, identity, found.Standing)
            ? await ConfirmAsync(member!).ConfigureAwait(false)
            : (member, error);
    }

    private bool MustOpen(RoomId id, in (RoomStanding Standing, ApiError? Failure) found) =>
        found.Failure is null && found.Standing.Rules.HasToBeOpened && core.Rooms.Get(id) is not { IsOpen: true };

    /// <summary>The same for a durable room, whose log has to be read first.</summary>
    private async ValueTask<(Membership? Member, ApiError? Error)> OpenAndEnterAsync(
        Connection connection, RealtimeIdentity identity, RoomId id, bool echo, (RoomStanding Standing, ApiError? Failure) found)
    {
        if (RoomAccess.CheckJoin(identity, found.Standing.Rules, id, found.Standing.Role) is { } forbidden)
        {
            return (null, forbidden);
        }

        while (true)
        {
            if (await OpenAsync(id, found.Standing).ConfigureAwait(false) is { } unavailable)
            {
                return (null, unavailable);
            }

            var error = Enter(connection, identity, id, echo, found, out var member);
            if (error is not null && ReferenceEquals(error, Refusals.NotOpen))
            {
                continue;
            }

            return error is null && HasChanged(connection, identity, found.Standing)
                ? await ConfirmAsync(member!).ConfigureAwait(false)
                : (member, error);
        }
    }

    /// <summary>Opens a durable room for somebody who may be in it; does nothing for another one.</summary>
    /// <returns>Null, or why not.</returns>
    public async ValueTask<ApiError?> OpenAsync(RoomId id, RoomStanding standing)
    {
        if (!standing.Rules.HasToBeOpened)
        {
            return null;
        }

        var room = core.Rooms.Get(id) ?? (standing.MayBeOpened ? core.Rooms.GetOrCreate(id, standing.Entry) : null);
        return room is null ? Refusals.RoomNotFound(id) : await room.OpenAsync().ConfigureAwait(false);
    }

    private ApiError? Enter(
        Connection connection, RealtimeIdentity identity, RoomId id, bool echo, (RoomStanding Standing, ApiError? Failure) found, out Membership? member)
    {
        member = null;
        return found.Failure
            ?? RoomAccess.CheckJoin(identity, found.Standing.Rules, id, found.Standing.Role)
            ?? core.Rooms.Join(id, connection, echo, found.Standing, out member);
    }

    private bool HasChanged(Connection connection, RealtimeIdentity identity, in RoomStanding standing) =>
        !ReferenceEquals(connection.Identity, identity) || standing.Version != core.Rooms.Version;

    /// <summary>Whoever changed something while this one came in may not have found it in the room yet: so it is looked at once more.</summary>
    private async ValueTask<(Membership? Member, ApiError? Error)> ConfirmAsync(Membership member)
    {
        var (connection, room) = (member.Connection, member.Room);
        while (true)
        {
            var identity = connection.Identity;
            var (standing, failure) = await core.Lookup.AskAsync(room.Id, identity.UserId, CancellationToken.None).ConfigureAwait(false);
            if (failure is null && standing.Entry is null && room.Entry is not null)
            {
                // It was opened, or opened again, while the directory lost it.
                await core.Lookup.CloseGoneAsync(room).ConfigureAwait(false);
                return (null, Refusals.RoomNotFound(room.Id));
            }

            if ((failure ?? RoomAccess.CheckJoin(identity, standing.Rules, room.Id, standing.Role)) is { } error)
            {
                if (connection.Remove(member))
                {
                    room.Leave(member);
                }

                return (null, error);
            }

            member.Role = standing.Role;
            if (core.Lookup.Directory is not null)
            {
                room.Adopt(standing.Entry, core.RulesOf(room.Id));
            }

            if (!HasChanged(connection, identity, standing))
            {
                return (member, null);
            }
        }
    }
}
