using System.Runtime.CompilerServices;
using Causeway.Data;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Finds what a request sees of the list of rooms: stored ones, and those that this node has in memory alone. Whoever lacks <c>rooms:read</c> sees those they have a role in.</summary>
internal sealed class RoomListing(Database database, RoomStore store, RoomDesk desk, Realtime.Rooms rooms)
{
    private const string PrefixRule = "Must be at most 128 characters.";

    /// <summary>The page that a request asks for.</summary>
    /// <exception cref="ApiErrorException">It asks for what it may not see, or for no page of this list.</exception>
    public async Task<IResult> AnswerPageAsync(RequestedList asked, string? prefix, string? member, Caller caller, CancellationToken cancellationToken)
    {
        var (scope, others) = Look(prefix, member, caller);
        while (true)
        {
            var page = await RoomList.List.FetchAsync(database, asked, scope, others, cancellationToken);

            // One that has just been stored on another node may not have heard of it; it is on the page it belongs to, or on none yet.
            var stored = await FindStoredAsync(page.Rows, cancellationToken);
            if (stored.Count == 0)
            {
                return page.Answer(page.Rows.Select(desk.Show).ToList());
            }

            others.RemoveAll(room => stored.Contains(room.RoomId));
        }
    }

    /// <summary>All rooms that a request asks for, as they come.</summary>
    /// <exception cref="ApiErrorException">It asks for what it may not see.</exception>
    public IAsyncEnumerable<RoomResponse> Stream(RequestedList asked, string? prefix, string? member, Caller caller)
    {
        var (scope, others) = Look(prefix, member, caller);
        return StreamAsync(asked, scope, others);
    }

    private async IAsyncEnumerable<RoomResponse> StreamAsync(
        RequestedList asked, ListScope scope, List<StoredRoom> others, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stored = await FindStoredAsync(others, cancellationToken);
        others.RemoveAll(room => stored.Contains(room.RoomId));
        await foreach (var room in RoomList.List.StreamAsync(database, asked, scope, others).WithCancellation(cancellationToken))
        {
            yield return desk.Show(room);
        }
    }

    private Task<HashSet<string>> FindStoredAsync(IEnumerable<StoredRoom> some, CancellationToken cancellationToken) =>
        store.WhichAreStoredAsync([.. some.Where(static room => !room.IsStored).Select(static room => room.RoomId)], cancellationToken);

    /// <summary>What of the list a request is about: a condition for the stored ones, and the others. Those have no roles, so whoever asks by role sees none.</summary>
    private (ListScope Scope, List<StoredRoom> Others) Look(string? prefix, string? member, Caller caller)
    {
        var errors = new FieldErrors();
        errors.Check(prefix is null or { Length: <= RoomId.MaxLength }, "prefix", PrefixRule);
        errors.Check(string.IsNullOrEmpty(member) || Wire.IsUserId(member), "member", Wire.UserIdRule);
        if (errors.ToError() is { } invalid)
        {
            throw new ApiErrorException(invalid);
        }

        (prefix, member) = (prefix ?? "", string.IsNullOrEmpty(member) ? null : member);
        if (!caller.Has("rooms:read"))
        {
            if (caller.UserId is not { } user || member is not null && member != user)
            {
                throw new ApiErrorException(AccessErrors.Forbidden);
            }

            member = user;
        }

        var others = member is not null ? [] : rooms.List()
            .Where(room => !room.Permanent && room.Id.Value.StartsWith(prefix, StringComparison.Ordinal))
            .Select(StoredRoom.From).ToList();
        return (RoomStore.Scope(prefix, member), others);
    }
}
