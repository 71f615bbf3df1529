namespace Causeway.Server;

/// <summary>Who may call an endpoint; metadata that <see cref="AccessMiddleware"/> enforces.</summary>
internal sealed class AccessRule
{
    private readonly string? _permission;
    private readonly string? _roomVerb;

    private AccessRule(string? permission = null, string? roomVerb = null, bool forOperators = false, bool isLive = false) =>
        (_permission, _roomVerb, IsForOperators, IsLive) = (permission, roomVerb, forOperators, isLive);

    /// <summary>Whoever has a valid credential; the handler looks further.</summary>
    public static AccessRule Credential { get; } = new();

    /// <summary>As <see cref="Credential"/>, for what browsers open without headers of their own: the credential may stand in the address, where that is allowed.</summary>
    public static AccessRule LiveCredential { get; } = new(isLive: true);

    /// <summary>Admins, and whoever has the permission <c>publish:ROOM</c> for the room in the path.</summary>
    public static AccessRule PublishToRoom { get; } = new(roomVerb: "publish");

    /// <summary>Admins, and whoever has the permission <c>join:ROOM</c> for the room in the path.</summary>
    public static AccessRule ReadRoom { get; } = new(roomVerb: "join");

    /// <summary>Whether only those who run the service call it: with <c>Server:AdminUrls</c> it is on those addresses alone.</summary>
    public bool IsForOperators { get; }

    /// <summary>Whether the credential may stand in the address.</summary>
    public bool IsLive { get; }

    /// <summary>The permission it asks for, as the OpenAPI document names it; null where any valid credential does.</summary>
    public string? Needed => _permission ?? (_roomVerb is null ? null : _roomVerb + ":{room_id}");

    /// <summary>Whoever has the permission, admins among them.</summary>
    /// <param name="permission">As in <c>files:read</c>.</param>
    public static AccessRule Permission(string permission) => new(permission);

    /// <summary>As <see cref="Permission"/>, for what belongs to running the service.</summary>
    /// <param name="permission">As in <c>loops:write</c>.</param>
    public static AccessRule Operator(string permission) => new(permission, forOperators: true);

    public bool Allows(Caller caller, HttpContext context) => caller.IsAdmin
        || (_permission is null || caller.Has(_permission))
        && (_roomVerb is null || context.GetRouteValue("room_id") is string room && caller.May(_roomVerb, room));
}
