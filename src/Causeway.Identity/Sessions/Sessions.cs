using System.Text.Json.Nodes;
using Causeway.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>The log-ins that stand: started by a log-in, kept by refreshing, ended one by one or all at once.</summary>
public sealed class Sessions
{
    private const string Standing = "ended_at IS NULL AND expires_at > @now";

    private readonly Database _database;
    private readonly AccessTokens _tokens;
    private readonly SigningKeys _keys;
    private readonly Credentials _credentials;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly IdentityMetrics _metrics;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal Sessions(
        Database database,
        AccessTokens tokens,
        SigningKeys keys,
        Credentials credentials,
        AccessChangeLog changes,
        AuditLog audit,
        IdentityMetrics metrics,
        IOptions<IdentityOptions> options,
        TimeProvider time,
        ILogger<Sessions> logger) =>
        (_database, _tokens, _keys, _credentials, _changes, _audit, _metrics, _options, _time, _logger) =
        (database, tokens, keys, credentials, changes, audit, metrics, options.Value, time, logger);

    /// <summary>A user's sessions that stand, the one used last first.</summary>
    public async Task<IReadOnlyList<Session>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        var rows = await _database.QueryAsync<SessionRow>(
            $"SELECT {SessionRow.Columns} FROM sessions WHERE user_id = @userId AND {Standing} ORDER BY last_used_at DESC, id DESC",
            new { userId, now = Now() }, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => row.ToSession());
    }

    /// <summary>New tokens for a refresh token or a session's cookie.</summary>
    /// <remarks>
    /// A token is good for one count, and the one before it gets the current pair again: replies get lost, and tabs ask at the same time. An older one, later than
    /// <see cref="IdentityOptions.ReuseWindow"/> after the last refresh, ends its session.
    /// </remarks>
    /// <param name="token">The refresh token, or the cookie's value.</param>
    /// <param name="client">Who asks; its kind is that of the token.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<RefreshResult> RefreshAsync(string token, SessionClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(client);
        var read = await _credentials.ReadSessionTokenAsync(token, client.Kind, cancellationToken).ConfigureAwait(false);
        var result = read is { } known
            ? await _database.WriteAsync((unit, stop) => RefreshAsync(unit, known, client, stop), cancellationToken).ConfigureAwait(false)
            : new RefreshResult(RefreshStatus.Refused);
        _metrics.CountRefresh(result.Status.ToString().ToLowerInvariant());
        return result;
    }

    /// <summary>Ends one session of a user.</summary>
    /// <returns>False where the user has no such session.</returns>
    public Task<bool> EndAsync(string userId, string sessionId, AuditOrigin origin, CancellationToken cancellationToken = default) => _database.WriteAsync(
        async (unit, token) =>
        {
            var ended = await unit.ExecuteAsync(
                $"UPDATE sessions SET ended_at = @now, end_reason = 'logout' WHERE id = @sessionId AND user_id = @userId AND {Standing}",
                new { sessionId, userId, now = Now() }, token).ConfigureAwait(false);
            if (ended == 0)
            {
                return false;
            }

            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Session, userId, sessionId), token).ConfigureAwait(false);
            await _audit.WriteAsync(unit, new AuditEntry("auth.logout", AuditOutcome.Success, origin, "session:" + sessionId), token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Ends the session a refresh token is of, whoever shows it.</summary>
    /// <returns>False where there is no such session any more.</returns>
    public async Task<bool> EndAsync(string refreshToken, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refreshToken);
        ArgumentNullException.ThrowIfNull(origin);
        if (await _credentials.ReadSessionTokenAsync(refreshToken, SessionKind.Token, cancellationToken).ConfigureAwait(false) is not { } read)
        {
            return false;
        }

        var id = read.SessionId.ToString();
        var userId = await _database.QuerySingleOrDefaultAsync<string>("SELECT user_id FROM sessions WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false);
        return userId is not null && await EndAsync(userId, id, origin.As(userId), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends all sessions of a user; every access token of theirs is void as well.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> EndAllAsync(string userId, AuditOrigin origin, CancellationToken cancellationToken = default) => _database.WriteAsync(
        async (unit, token) =>
        {
            var ended = await EndAllAsync(unit, userId, except: null, "logout_all", token).ConfigureAwait(false);
            await unit.ExecuteAsync("UPDATE users SET security_version = security_version + 1 WHERE id = @userId", new { userId }, token).ConfigureAwait(false);
            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.User, userId), token).ConfigureAwait(false);
            await _audit.WriteAsync(
                unit, new AuditEntry("auth.logout_all", AuditOutcome.Success, origin, "user:" + userId, new JsonObject { ["sessions"] = ended }), token).ConfigureAwait(false);
            return ended;
        },
        cancellationToken);

    /// <summary>Starts a session. The caller has looked at the password and writes it down.</summary>
    internal async Task<SessionTokens> StartAsync(UnitOfWork unit, AccountRow user, SessionClient client, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var session = new SessionRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            UserId = user.Id,
            Kind = (long)client.Kind,
            Counter = client.Kind == SessionKind.Token ? 1 : 0,
            RotatedAt = now.ToUnixTimeMilliseconds(),
            Device = client.Device,
            Address = client.Origin.Address,
            CreatedAt = now.ToUnixTimeMilliseconds(),
            LastUsedAt = now.ToUnixTimeMilliseconds(),
            ExpiresAt = (now + _options.SessionLifetime).ToUnixTimeMilliseconds(),
        };
        await EndOldestAsync(unit, user.Id, cancellationToken).ConfigureAwait(false);
        await unit.ExecuteAsync(
            $"""
            INSERT INTO sessions ({SessionRow.Columns})
            VALUES (@Id, @UserId, @Kind, @Counter, @RotatedAt, @Device, @Address, @CreatedAt, @LastUsedAt, @ExpiresAt, @EndedAt, @EndReason)
            """,
            session, cancellationToken).ConfigureAwait(false);
        return await IssueAsync(user, session, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends all of a user's sessions, but for one.</summary>
    internal async Task<int> EndAllAsync(UnitOfWork unit, string userId, string? except, string reason, CancellationToken cancellationToken)
    {
        var ended = await unit.QueryAsync<string>(
            $"UPDATE sessions SET ended_at = @now, end_reason = @reason WHERE user_id = @userId AND id <> @except AND {Standing} RETURNING id",
            new { userId, reason, except = except ?? "", now = Now() }, cancellationToken).ConfigureAwait(false);
        foreach (var id in ended)
        {
            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Session, userId, id), cancellationToken).ConfigureAwait(false);
        }

        return ended.Count;
    }

    /// <summary>Whether a user has a session that was used from an address: one that has shown the password there.</summary>
    internal async Task<bool> HasOneFromAsync(string emailKey, string address, CancellationToken cancellationToken) =>
        await _database.QuerySingleOrDefaultAsync<long>(
            $"SELECT COUNT(*) FROM sessions JOIN users ON users.id = sessions.user_id WHERE users.email_key = @emailKey AND sessions.address = @address AND {Standing}",
            new { emailKey, address, now = Now() }, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Deletes sessions that are over.</summary>
    internal Task<int> ForgetAsync(CancellationToken cancellationToken) =>
        _database.ExecuteAsync("DELETE FROM sessions WHERE expires_at <= @now", new { now = Now() }, cancellationToken);

    private async Task<RefreshResult> RefreshAsync(UnitOfWork unit, SessionToken presented, SessionClient client, CancellationToken cancellationToken)
    {
        var (id, now) = (presented.SessionId.ToString(), _time.GetUtcNow());

        // Of all who show the same token at once, on whichever node, exactly one finds the count as it was.
        var session = await unit.QuerySingleOrDefaultAsync<SessionRow>(
            $"""
            UPDATE sessions SET counter = counter + @step, rotated_at = @now, last_used_at = @now, expires_at = @expiresAt, address = COALESCE(@address, address), device = COALESCE(@device, device)
            WHERE id = @id AND counter = @counter AND {Standing}
            RETURNING {SessionRow.Columns}
            """,
            new
            {
                id,
                counter = presented.Counter,
                step = client.Kind == SessionKind.Token ? 1L : 0L,
                now = now.ToUnixTimeMilliseconds(),
                expiresAt = (now + _options.SessionLifetime).ToUnixTimeMilliseconds(),
                address = client.Origin.Address,
                device = client.Device,
            },
            cancellationToken).ConfigureAwait(false);
        if (session is null)
        {
            session = await unit.QuerySingleOrDefaultAsync<SessionRow>(
                $"SELECT {SessionRow.Columns} FROM sessions WHERE id = @id AND {Standing}", new { id, now = now.ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
            if (session is null || session.Kind != (long)client.Kind)
            {
                return new RefreshResult(RefreshStatus.Refused);
            }

            if (RefreshRules.Decide(presented.Counter, session.Counter, now - UnixTime.From(session.RotatedAt), _options.ReuseWindow) == RefreshVerdict.Reused)
            {
                await EndReusedAsync(unit, session, presented, client, cancellationToken).ConfigureAwait(false);
                return new RefreshResult(RefreshStatus.Reused);
            }
        }
        else if (client.Kind == SessionKind.Cookie)
        {
            // Its new end counts for whoever remembers the session.
            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Session, session.UserId, id), cancellationToken).ConfigureAwait(false);
        }

        var user = await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id = session.UserId }, cancellationToken).ConfigureAwait(false);
        return user is { Disabled: false }
            ? new RefreshResult(RefreshStatus.Refreshed, await IssueAsync(user, session, cancellationToken).ConfigureAwait(false), user.ToAccount())
            : new RefreshResult(RefreshStatus.Refused);
    }

    private async Task EndReusedAsync(UnitOfWork unit, SessionRow session, SessionToken presented, SessionClient client, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync("UPDATE sessions SET ended_at = @now, end_reason = 'reuse' WHERE id = @id", new { id = session.Id, now = Now() }, cancellationToken).ConfigureAwait(false);
        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Session, session.UserId, session.Id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit,
            new AuditEntry(
                "auth.token_reused", AuditOutcome.Refused, client.Origin, "session:" + session.Id,
                new JsonObject { ["user_id"] = session.UserId, ["presented"] = presented.Counter, ["current"] = session.Counter, ["last_address"] = session.Address }),
            cancellationToken).ConfigureAwait(false);
        unit.OnCommitted(() => _logger.RefreshTokenReused(session.Id, session.UserId, presented.Counter, session.Counter));
    }

    /// <summary>Makes room for one more.</summary>
    private async Task EndOldestAsync(UnitOfWork unit, string userId, CancellationToken cancellationToken)
    {
        var ended = await unit.QueryAsync<string>(
            $"""
            UPDATE sessions SET ended_at = @now, end_reason = 'too_many' WHERE id IN
                (SELECT id FROM sessions WHERE user_id = @userId AND {Standing} ORDER BY last_used_at DESC, id DESC LIMIT 1000000 OFFSET @kept)
            RETURNING id
            """,
            new { userId, now = Now(), kept = (long)_options.MaxSessionsPerUser - 1 }, cancellationToken).ConfigureAwait(false);
        foreach (var id in ended)
        {
            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Session, userId, id), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SessionTokens> IssueAsync(AccountRow user, SessionRow session, CancellationToken cancellationToken)
    {
        var ring = await _keys.GetAsync(cancellationToken).ConfigureAwait(false);
        var kind = (SessionKind)session.Kind;
        var expiresAt = UnixTime.From(session.ExpiresAt);
        var refreshToken = new SessionToken(Guid.Parse(session.Id), session.Counter).Sign(ring, kind);
        if (kind == SessionKind.Cookie)
        {
            return new SessionTokens(session.Id, kind, null, expiresAt, refreshToken, expiresAt);
        }

        var accessExpiresAt = _time.GetUtcNow() + _options.AccessTokenLifetime;
        if (accessExpiresAt > expiresAt)
        {
            accessExpiresAt = expiresAt;
        }

        return new SessionTokens(
            session.Id, kind, _tokens.Issue(user.Id, user.Name, session.Id, user.SecurityVersion, accessExpiresAt), accessExpiresAt, refreshToken, expiresAt);
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
