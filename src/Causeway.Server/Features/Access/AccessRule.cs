namespace Causeway.Server;

/// <summary>Who may call an endpoint; metadata that <see cref="AccessMiddleware"/> enforces.</summary>
internal sealed class AccessRule
{
    private readonly string? _verb;
    private readonly bool _admin;

    private AccessRule(bool admin, string? verb, bool isLive = false) => (_admin, _verb, IsLive) = (admin, verb, isLive);

    /// <summary>Admins only.</summary>
    public static AccessRule Admin { get; } = new(admin: true, verb: null);

    /// <summary>Whoever has a valid credential; the handler looks further.</summary>
    public static AccessRule Credential { get; } = new(admin: false, verb: null);

    /// <summary>As <see cref="Credential"/>, for what browsers open without headers of their own: the credential may stand in the address, where that is allowed.</summary>
    public static AccessRule LiveCredential { get; } = new(admin: false, verb: null, isLive: true);

    /// <summary>Admins, and whoever has the permission <c>publish:ROOM</c> for the room in the path.</summary>
    public static AccessRule PublishToRoom { get; } = new(admin: false, verb: "publish");

    /// <summary>Admins, and whoever has the permission <c>join:ROOM</c> for the room in the path.</summary>
    public static AccessRule ReadRoom { get; } = new(admin: false, verb: "join");

    /// <summary>Whether nobody but an admin ever meets it.</summary>
    public bool IsAdminOnly => _admin;

    /// <summary>Whether the credential may stand in the address.</summary>
    public bool IsLive { get; }

    public bool Allows(Caller caller, HttpContext context) => caller.IsAdmin
        || !_admin && (_verb is null || context.GetRouteValue("room_id") is string room && caller.May(_verb, room));
}
