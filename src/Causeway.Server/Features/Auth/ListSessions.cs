using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Shows one's own sessions, and ends one of them.</summary>
internal static class ListSessions
{
    /// <summary>The sessions that stand.</summary>
    /// <param name="Items">The one used last first.</param>
    internal sealed record SessionList(IReadOnlyList<OwnSession> Items);

    /// <summary>One session.</summary>
    /// <param name="Id">A UUIDv7.</param>
    /// <param name="Kind"><c>token</c> or <c>cookie</c>.</param>
    /// <param name="Device">What its client said it is.</param>
    /// <param name="Address">From where it was used last.</param>
    /// <param name="CreatedAt">When it began.</param>
    /// <param name="LastUsedAt">When it was used last, to the minute.</param>
    /// <param name="ExpiresAt">When it ends unless it is refreshed before.</param>
    /// <param name="Current">Whether it is the one this request is of.</param>
    internal sealed record OwnSession(
        string Id, SessionKind Kind, string? Device, string? Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool Current);

    public static async Task<IResult> HandleAsync(Caller caller, Sessions sessions, CancellationToken cancellationToken)
    {
        if (caller is not { UserId: { } userId, Access.SessionId: { } current })
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        var all = await sessions.ListAsync(userId, cancellationToken);
        return TypedResults.Ok(new SessionList([.. all.Select(session => new OwnSession(
            session.Id, session.Kind, session.Device, session.Address, session.CreatedAt, session.LastUsedAt, session.ExpiresAt, session.Id == current))]));
    }

    public static async Task<IResult> EndAsync(string session_id, Caller caller, HttpContext context, Sessions sessions, CancellationToken cancellationToken)
    {
        return caller is { UserId: { } userId, Access.SessionId: not null } && await sessions.EndAsync(userId, session_id, Origins.Of(context), cancellationToken)
            ? TypedResults.NoContent()
            : AuthErrors.NoSession.ToResult();
    }
}
