namespace Causeway.Identity;

/// <summary>What kind of access has changed.</summary>
public enum AccessChangeKind
{
    /// <summary>An account: its roles, whether it is disabled, its password, or it was deleted. <see cref="AccessChange.UserId"/> says whose.</summary>
    User = 1,

    /// <summary>A session has ended before its time: <see cref="AccessChange.SessionId"/> of <see cref="AccessChange.UserId"/>.</summary>
    Session,

    /// <summary>An API key was changed, revoked or deleted: <see cref="AccessChange.ApiKeyId"/>.</summary>
    ApiKey,

    /// <summary>What some role may do has changed, so anybody's permissions may have.</summary>
    Role,

    /// <summary>This node can't say what it missed: everything is to be looked at again.</summary>
    Everything,
}

/// <summary>One change of who may do what, as every node hears of it within a second of its commit.</summary>
/// <param name="Kind">What has changed.</param>
/// <param name="UserId">The user concerned; null where it is not one user's.</param>
/// <param name="SessionId">The session that ended; null otherwise.</param>
/// <param name="ApiKeyId">The API key concerned; null otherwise.</param>
public sealed record AccessChange(AccessChangeKind Kind, string? UserId = null, string? SessionId = null, string? ApiKeyId = null);
