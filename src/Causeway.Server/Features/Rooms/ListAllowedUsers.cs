using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lists the users with a role in a room, by id.</summary>
internal static class ListAllowedUsers
{
    public static async Task<IResult> HandleAsync(string room_id, PageRequest page, Caller caller, RoomStore store, RoomDesk desk, UserNames names, CancellationToken cancellationToken)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        if (!caller.Has("rooms:read") && await desk.CheckManageAsync(caller, room, RoomRole.Moderator, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        if (await store.FindAsync(room, cancellationToken) is null)
        {
            return RoomErrors.NotFound.ToResult();
        }

        var listName = $"rooms/{room}/allowed-users";
        var users = await store.ListUsersAsync(room, page.ReadCursor(listName) ?? "", page.Limit + 1, cancellationToken);
        var hasNext = users.Count > page.Limit;
        var called = await names.FindAsync(users.Take(page.Limit).Select(static user => user.UserId), cancellationToken);
        var shown = users.Take(page.Limit).Select(user => AllowedUserResponse.From(user, called.GetValueOrDefault(user.UserId))).ToList();
        return TypedResults.Ok(new CursorPage<AllowedUserResponse>(shown, hasNext ? page.WriteCursor(listName, shown[^1].UserId) : null, hasNext));
    }
}
