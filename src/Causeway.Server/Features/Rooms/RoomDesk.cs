using Causeway.Data;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>What the room endpoints have in common: showing a room, and who may manage it.</summary>
internal sealed class RoomDesk(Database database, RoomStore store, RoomChanges changes, Realtime.Rooms rooms, RoomAccess access)
{
    private const string Write = "rooms:write";

    /// <summary>A room, stored or not, with its life on this node.</summary>
    public RoomResponse Show(StoredRoom room)
    {
        var id = RoomId.Parse(room.RoomId);
        return RoomResponse.From(room, id, rooms.Find(id));
    }

    /// <summary>Writes in one transaction; when this returns, what was written is in force in the live rooms of this node.</summary>
    public async Task<T> WriteAsync<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        var result = await database.WriteAsync(write, cancellationToken);
        await changes.CatchUpAsync(cancellationToken);
        return result;
    }

    /// <summary>The same, once per <c>Idempotency-Key</c>: what is answered is kept in the transaction.</summary>
    public async Task<IResult> WriteOnceAsync(HttpContext context, Func<UnitOfWork, CancellationToken, Task<KeptAnswer>> write)
    {
        var result = await database.WriteOnceAsync(context, write);
        await changes.CatchUpAsync(context.RequestAborted);
        return result;
    }

    /// <summary>Null, or why somebody may not create this room.</summary>
    public ApiError? CheckCreate(Caller caller, RoomId room) => caller.Has(Write) ? null : access.CheckCreate(caller.ToIdentity(), room);

    /// <summary>Null, or why somebody may not manage a room: it needs <c>rooms:write</c>, or one of these roles in it.</summary>
    public async Task<ApiError?> CheckManageAsync(Caller caller, RoomId room, RoomRole least, CancellationToken cancellationToken) =>
        caller.Has(Write) || await RoleOfAsync(caller, room, cancellationToken) is { } role && role <= least ? null : AccessErrors.Forbidden;

    /// <summary>What a caller may do with roles: an owner's are those of whoever has <c>rooms:write</c>.</summary>
    public async Task<RoomRole?> RoleOfAsync(Caller caller, RoomId room, CancellationToken cancellationToken) =>
        caller.Has(Write) ? RoomRole.Owner
        : caller.UserId is { } user ? await store.FindRoleAsync(room, user, cancellationToken)
        : null;
}
