using Causeway.Data;

namespace Causeway.Identity;

/// <summary>Writes changes of access down where every node reads them, in the transaction that makes them.</summary>
internal sealed class AccessChangeLog(AccessFeed feed, TimeProvider time)
{
    /// <summary>Writes one down. On this node it is in force when the write returns.</summary>
    public async Task WriteAsync(UnitOfWork unit, AccessChange change, CancellationToken cancellationToken)
    {
        var number = await unit.QuerySingleOrDefaultAsync<long>(
            "INSERT INTO access_changes (kind, user_id, session_id, api_key_id, at) VALUES (@kind, @userId, @sessionId, @apiKeyId, @at) RETURNING number",
            new { kind = (long)change.Kind, userId = change.UserId, sessionId = change.SessionId, apiKeyId = change.ApiKeyId, at = time.GetUtcNow().ToUnixTimeMilliseconds() },
            cancellationToken).ConfigureAwait(false);
        unit.OnCommitted(() => feed.Take(number, change));
    }
}
