using Causeway.Http;
using Causeway.Realtime;
using Causeway.Realtime.Sql;

namespace Causeway.Server;

/// <summary>Ends a room, stored or not: its members get <c>room_closed</c> and are out, its log is gone.</summary>
internal static class DeleteRoom
{
    public static async Task<IResult> HandleAsync(
        string room_id,
        string? reason,
        RequestConditions conditions,
        HttpContext context,
        Caller caller,
        Realtime.Rooms rooms,
        RoomStore store,
        RoomDesk desk,
        RoomAudit audit,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Reason.IsValid(reason), "reason", Reason.Rule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (await desk.CheckManageAsync(caller, room!, RoomRole.Owner, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        reason ??= "deleted";

        // A durable room may be in the database alone.
        var isThere = await rooms.FindAsync(room!, cancellationToken) is not null;
        var refusal = await desk.WriteAsync<ApiError?>(
            async (unit, token) =>
            {
                if (await RoomStore.LockAsync(unit, room!, token) is not { } present)
                {
                    // One that lives in memory alone may have files all the same.
                    await FileStore.WithdrawAllAsync(unit, room!.Value, token);
                    if (isThere)
                    {
                        await audit.DeletedAsync(unit, context, room, wasStored: false, reason, token);
                    }

                    return RoomErrors.NotFound;
                }

                if (conditions.Check(present.Version) is { } other)
                {
                    return other;
                }

                await FileStore.WithdrawAllAsync(unit, room!.Value, token);
                await RoomLogs.DeleteAsync(unit, room!, token);
                await store.DeleteAsync(unit, room!, reason, token);
                await audit.DeletedAsync(unit, context, room, wasStored: true, reason, token);
                return null;
            },
            cancellationToken);
        return refusal is null || refusal == RoomErrors.NotFound && await rooms.DeleteAsync(room!, reason, cancellationToken) ? TypedResults.NoContent() : refusal.ToResult();
    }
}
