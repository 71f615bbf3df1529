using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Who may join and publish: decided here for WebSocket and SSE alike.</summary>
internal static class RoomAccess
{
    /// <summary>Null, or why not.</summary>
    public static ApiError? CheckJoin(RealtimeIdentity identity, NamespaceRules rules, RoomId id, Room? room)
    {
        var allowed = identity.IsAdmin || rules.Join switch
        {
            JoinRule.Anyone => true,
            JoinRule.Authenticated => identity.UserId is not null,
            JoinRule.Members => identity.UserId is { } user && room?.Settings?.AllowedUsers.Contains(user, StringComparer.Ordinal) == true,
            _ => identity.Allows("join", id),
        };
        return allowed ? null : Refusals.JoinForbidden(id);
    }

    /// <summary>Null, or why not.</summary>
    public static ApiError? CheckPublish(RealtimeIdentity identity, NamespaceRules rules, RoomId id, bool isMember) => rules.Publish switch
    {
        _ when identity.Allows("publish", id) => null,
        PublishRule.Server => Refusals.PublishForbidden(id),
        PublishRule.Anyone => null,
        PublishRule.Authenticated => identity.UserId is null ? Refusals.PublishForbidden(id) : null,
        _ => isMember ? null : Refusals.NotInRoom(id),
    };
}
