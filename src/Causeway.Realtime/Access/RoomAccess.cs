using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>
/// Who may join, publish and create: decided here for WebSocket, event streams and the application's own HTTP endpoints alike. A permission or admin opens every
/// room; else the namespace's rule counts, or the room's own where it has one.
/// </summary>
public sealed class RoomAccess
{
    private readonly LiveCore _core;
    private readonly RoomLookup _lookup;

    internal RoomAccess(LiveCore core) => (_core, _lookup) = (core, core.Lookup);

    /// <summary>Whether somebody may join a room, and so read its history and see who is in it.</summary>
    /// <returns>Null, or why not: <see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.RoomNotFound"/> where joining would not create it, <see cref="ErrorCode.Unavailable"/> when the directory fails.</returns>
    public async ValueTask<ApiError?> CheckJoinAsync(RealtimeIdentity identity, RoomId room, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(room);
        var (standing, failure) = await _lookup.FindAsync(room, identity.UserId, cancellationToken).ConfigureAwait(false);
        var error = failure ?? CheckJoin(identity, standing.Rules, room, standing.Role) ?? (standing.MayBeEntered ? null : Refusals.RoomNotFound(room));
        return error is null && _core.Guard is { } guard && guard.GuardsJoin(room)
            ? await AskAsync(() => guard.CheckJoinAsync(identity, room, cancellationToken), room, cancellationToken).ConfigureAwait(false)
            : error;
    }

    /// <summary>
    /// Whether somebody who may publish in a room may publish this there, where an <see cref="IRoomGuard"/> has the last word: for the application's own HTTP endpoints, after
    /// <see cref="CheckPublishAsync"/>.
    /// </summary>
    /// <param name="identity">Who.</param>
    /// <param name="room">Where.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="payload">The message's payload.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null, or why not.</returns>
    public ValueTask<ApiError?> CheckMessageAsync(RealtimeIdentity identity, RoomId room, string type, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(type);
        return _core.Guard is { } guard && guard.GuardsPublish(room)
            ? AskAsync(() => guard.CheckPublishAsync(identity, room, type, payload, cancellationToken), room, cancellationToken)
            : default;
    }

    /// <summary>
    /// Whether somebody may publish in a room without a connection in it. Where the rule is <see cref="PublishRule.Members"/>, whoever may join counts as one: over a
    /// live connection they would join first. A <see cref="RoomRole.Reader"/> does not.
    /// </summary>
    /// <returns>Null, or why not, as for <see cref="CheckJoinAsync"/>.</returns>
    public async ValueTask<ApiError?> CheckPublishAsync(RealtimeIdentity identity, RoomId room, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(room);
        var (standing, failure) = await _lookup.FindAsync(room, identity.UserId, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var couldJoin = CheckJoin(identity, standing.Rules, room, standing.Role) is null;
        return CheckPublish(identity, standing.Rules, room, couldJoin, standing.Role) is null
            ? standing.MayBeEntered ? null : Refusals.RoomNotFound(room)
            : Refusals.PublishForbidden(room);
    }

    /// <summary>Whether somebody may create a room, by the <see cref="NamespaceOptions.Create"/> of its namespace.</summary>
    /// <returns>Null, or why not.</returns>
    public ApiError? CheckCreate(RealtimeIdentity identity, RoomId room)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(room);
        var allowed = _core.RulesOf(room).Create switch
        {
            CreateRule.Authenticated when identity.UserId is not null => true,
            CreateRule.Server => identity.IsAdmin,
            _ => identity.Allows("create", room),
        };
        return allowed ? null : Refusals.CreateForbidden(room);
    }

    /// <summary>What can't be found out is refused.</summary>
    private async ValueTask<ApiError?> AskAsync(Func<ValueTask<ApiError?>> ask, RoomId room, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _core.Logger.RoomGuardFailed(room.Value, exception);
            }

            return new ApiError(ErrorCode.Unavailable, $"Whether this may be done in room '{room}' could not be found out.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    internal static ApiError? CheckJoin(RealtimeIdentity identity, NamespaceRules rules, RoomId id, RoomRole? role) => rules.Join switch
    {
        JoinRule.Anyone => null,
        JoinRule.Authenticated when identity.UserId is not null => null,
        JoinRule.Members when role is not null => null,
        _ => identity.Allows("join", id) ? null : Refusals.JoinForbidden(id),
    };

    /// <summary>The permissions come last: to go through them is what costs, and a member of a room seldom needs one.</summary>
    internal static ApiError? CheckPublish(RealtimeIdentity identity, NamespaceRules rules, RoomId id, bool isMember, RoomRole? role) => rules.Publish switch
    {
        PublishRule.Anyone => null,
        PublishRule.Authenticated when identity.UserId is not null => null,
        PublishRule.Members when isMember && role is not RoomRole.Reader => null,
        _ when identity.Allows("publish", id) => null,
        PublishRule.Members when !isMember => Refusals.NotInRoom(id),
        _ => Refusals.PublishForbidden(id),
    };
}
