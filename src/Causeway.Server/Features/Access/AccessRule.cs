using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Who may call an endpoint; metadata that <see cref="AccessMiddleware"/> enforces.</summary>
internal sealed class AccessRule
{
    private const string Publish = "publish";

    private readonly string? _permission;
    private readonly string? _roomVerb;

    private AccessRule(string? permission = null, string? roomVerb = null, bool forOperators = false, bool isLive = false) =>
        (_permission, _roomVerb, IsForOperators, IsLive) = (permission, roomVerb, forOperators, isLive);

    /// <summary>Whoever has a valid credential; the handler looks further.</summary>
    public static AccessRule Credential { get; } = new();

    /// <summary>As <see cref="Credential"/>, for what browsers open without headers of their own: the credential may stand in the address, where that is allowed.</summary>
    public static AccessRule LiveCredential { get; } = new(isLive: true);

    /// <summary>Whoever may publish in the room of the path, as over a live connection.</summary>
    public static AccessRule PublishToRoom { get; } = new(roomVerb: Publish);

    /// <summary>Whoever may join the room of the path, and whoever has <c>rooms:read</c>.</summary>
    public static AccessRule ReadRoom { get; } = new("rooms:read", roomVerb: "join");

    /// <summary>Whether only those who run the service call it: with <c>Server:AdminUrls</c> it is on those addresses alone.</summary>
    public bool IsForOperators { get; }

    /// <summary>Whether the credential may stand in the address.</summary>
    public bool IsLive { get; }

    /// <summary>Whether a room's rules are asked, and with them whatever backend has the last word.</summary>
    public bool AsksARoom => _roomVerb is not null;

    /// <summary>The permission that opens it, as the OpenAPI document names it (a room's own rules may open it as well); null where any valid credential does.</summary>
    public string? Needed => _roomVerb is null ? _permission : _roomVerb + ":{room_id}";

    /// <summary>Whoever has the permission, admins among them.</summary>
    /// <param name="permission">As in <c>files:read</c>.</param>
    public static AccessRule Permission(string permission) => new(permission);

    /// <summary>As <see cref="Permission"/>, for what belongs to running the service.</summary>
    /// <param name="permission">As in <c>loops:write</c>.</param>
    public static AccessRule Operator(string permission) => new(permission, forOperators: true);

    /// <summary>Null, or why not. Completes at once unless a room has to be looked up.</summary>
    public ValueTask<ApiError?> CheckAsync(Caller caller, HttpContext context)
    {
        if (caller.IsAdmin || _permission is not null && caller.Has(_permission))
        {
            return default;
        }

        if (_roomVerb is null)
        {
            return ValueTask.FromResult(_permission is null ? null : AccessErrors.Forbidden);
        }

        // What is no room's name is for the endpoint to refuse, with all else that is wrong.
        if (!RoomId.TryParse(context.GetRouteValue("room_id") as string, null, out var room))
        {
            return default;
        }

        var rooms = context.RequestServices.GetRequiredService<RoomAccess>();
        return _roomVerb == Publish
            ? rooms.CheckPublishAsync(caller.ToIdentity(), room, context.RequestAborted)
            : rooms.CheckJoinAsync(caller.ToIdentity(), room, context.RequestAborted);
    }
}
