using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lists rooms in the order of their names: stored ones, and those that came to be by themselves. Whoever lacks <c>rooms:read</c> sees those they have a role in.</summary>
internal static class ListRooms
{
    private const string PrefixRule = "Must be at most 128 characters.";

    public static async Task<IResult> HandleAsync(
        string? prefix, string? member, PageRequest page, Caller caller, Realtime.Rooms rooms, RoomStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(prefix is null or { Length: <= RoomId.MaxLength }, "prefix", PrefixRule);
        errors.Check(string.IsNullOrEmpty(member) || Wire.IsUserId(member), "member", Wire.UserIdRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        (prefix, member) = (prefix ?? "", string.IsNullOrEmpty(member) ? null : member);
        if (!caller.Has("rooms:read"))
        {
            if (caller.UserId is not { } user || member is not null && member != user)
            {
                return AccessErrors.Forbidden.ToResult();
            }

            member = user;
        }

        var listName = $"rooms/{prefix}/{member}";
        var after = page.ReadCursor(listName) ?? "";
        var stored = await store.ListAsync(prefix, after, member, page.Limit + 1, cancellationToken);
        var live = member is null ? await FindLiveAsync(prefix, after, page.Limit + 1, stored, rooms, store, cancellationToken) : [];
        var merged = stored.Select(static room => (room.RoomId, Stored: (StoredRoom?)room, Live: (RoomInfo?)null))
            .Concat(live.Select(static room => (RoomId: room.Id.Value, Stored: (StoredRoom?)null, Live: (RoomInfo?)room)))
            .OrderBy(static room => room.RoomId, StringComparer.Ordinal)
            .Take(page.Limit + 1)
            .ToList();
        var hasNext = merged.Count > page.Limit;
        if (hasNext)
        {
            merged.RemoveAt(page.Limit);
        }

        var users = await store.ListUsersAsync([.. merged.Where(static room => room.Stored is not null).Select(static room => room.RoomId)], cancellationToken);
        return TypedResults.Ok(new CursorPage<RoomResponse>(
            [
                .. merged.Select(room => room.Stored is { } row
                    ? RoomResponse.From(row, rooms.Find(RoomId.Parse(row.RoomId)), users[row.RoomId])
                    : RoomResponse.From(room.Live!)),
            ],
            hasNext ? page.WriteCursor(listName, merged[^1].RoomId) : null,
            hasNext));
    }

    /// <summary>Rooms in memory that are not stored, as many as a page may take.</summary>
    private static async Task<List<RoomInfo>> FindLiveAsync(
        string prefix, string after, int limit, List<StoredRoom> stored, Realtime.Rooms rooms, RoomStore store, CancellationToken cancellationToken)
    {
        var onPage = stored.Select(static room => room.RoomId).ToHashSet(StringComparer.Ordinal);
        var candidates = rooms.List()
            .Where(room => room.Id.Value.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(room.Id.Value, after) > 0
                && !room.Permanent && !onPage.Contains(room.Id.Value))
            .Take(limit)
            .ToList();

        // One that has just been stored may not have heard of it.
        var known = await store.WhichAreStoredAsync([.. candidates.Select(static room => room.Id.Value)], cancellationToken);
        candidates.RemoveAll(room => known.Contains(room.Id.Value));
        return candidates;
    }
}
