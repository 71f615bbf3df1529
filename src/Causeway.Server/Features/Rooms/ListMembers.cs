using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lists who is in a room.</summary>
internal static class ListMembers
{
    /// <summary>One member.</summary>
    /// <param name="UserId">The user; null stands for everybody without identity, taken together.</param>
    /// <param name="Name">The user's name, where the credential carries one.</param>
    /// <param name="Devices">Connections of this user in the room.</param>
    internal sealed record MemberResponse(string? UserId, string? Name, int Devices);

    public static async Task<IResult> HandleAsync(
        string room_id, PageRequest page, Realtime.Rooms rooms, RoomStore store, CancellationToken cancellationToken)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        var members = await rooms.MembersAsync(room, cancellationToken);
        if (members is null && await store.FindAsync(room, cancellationToken) is null)
        {
            return RoomErrors.NotFound.ToResult();
        }

        // No user has an empty id, so it can stand for those without one, who come first.
        var found = CursorPage.From(members ?? [], static member => member.UserId ?? "", page, $"rooms/{room}/members");
        return TypedResults.Ok(new CursorPage<MemberResponse>(
            [.. found.Items.Select(static member => new MemberResponse(member.UserId, member.Name, member.Devices))], found.NextCursor, found.HasNext));
    }
}
