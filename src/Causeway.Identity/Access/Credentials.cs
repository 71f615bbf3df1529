namespace Causeway.Identity;

/// <summary>Says whose a credential is. Whatever was taken away (account, session, key, role) counts from the next look on, at most a second later on other nodes.</summary>
/// <remarks>No look costs a query while nothing changes. Each throws <c>DatabaseUnavailableException</c> where it does cost one and the database is down.</remarks>
public sealed class Credentials
{
    private readonly AccessTokens _tokens;
    private readonly SigningKeys _keys;
    private readonly AccessStates _states;
    private readonly LastUses _uses;
    private readonly TimeProvider _time;

    internal Credentials(AccessTokens tokens, SigningKeys keys, AccessStates states, LastUses uses, TimeProvider time) =>
        (_tokens, _keys, _states, _uses, _time) = (tokens, keys, states, uses, time);

    /// <summary>Whose a bearer token is: an access token or an API key; null where it is neither, or counts no more.</summary>
    /// <param name="token">As it came.</param>
    /// <param name="address">From where, to be noted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<Access?> FindAsync(string token, string? address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        return ApiKeySecret.LooksLikeOne(token) ? FindApiKeyAsync(token, address, cancellationToken) : FindTokenAsync(token, cancellationToken);
    }

    /// <summary>Whose a session's cookie is; null where it counts no more.</summary>
    /// <inheritdoc cref="FindAsync"/>
    public async ValueTask<Access?> FindCookieAsync(string cookie, string? address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cookie);
        if (await ReadSessionTokenAsync(cookie, SessionKind.Cookie, cancellationToken).ConfigureAwait(false) is not { } read)
        {
            return null;
        }

        var session = await _states.FindSessionAsync(read.SessionId.ToString(), cancellationToken).ConfigureAwait(false);
        if (session is not { HasEnded: false, Kind: SessionKind.Cookie } || session.ExpiresAt <= _time.GetUtcNow())
        {
            return null;
        }

        _uses.Note(session, address);
        var user = await _states.FindUserAsync(session.UserId, cancellationToken).ConfigureAwait(false);
        return user is { IsDisabled: false } ? Of(user, AccessKind.Cookie, session, session.ExpiresAt) : null;
    }

    /// <summary>The same access as of now, for whoever was let in a while ago; null where it counts no more.</summary>
    /// <param name="access">As it was found.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<Access?> LookAgainAsync(Access access, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(access);
        switch (access.Kind)
        {
            case AccessKind.ApiKey:
                return await _states.FindApiKeyAsync(access.ApiKeyPrefix!, cancellationToken).ConfigureAwait(false) is { } key
                    ? await OfAsync(key, access.ApiKeyPrefix!, cancellationToken).ConfigureAwait(false)
                    : null;
            case AccessKind.AccountToken or AccessKind.Cookie:
                var session = await _states.FindSessionAsync(access.SessionId!, cancellationToken).ConfigureAwait(false);
                var user = await _states.FindUserAsync(access.UserId!, cancellationToken).ConfigureAwait(false);
                if (session is not { HasEnded: false } || user is not { IsDisabled: false })
                {
                    return null;
                }

                // A cookie lives as long as its session, which may have been refreshed; a token's end is its own.
                return access.Kind == AccessKind.Cookie
                    ? Of(user, AccessKind.Cookie, session, session.ExpiresAt)
                    : access.SecurityVersion == user.SecurityVersion ? Of(user, AccessKind.AccountToken, session, access.ExpiresAt) : null;
            default:
                return access;
        }
    }

    /// <summary>What somebody may do now who asked for something a while ago; null where the account or the key is no more, or may not be used.</summary>
    /// <remarks>It does not matter whether the session still lasts: who logs out has not taken back what they asked for. A token of another system stands for itself until it ends.</remarks>
    /// <param name="note">As it was written down.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<Access?> LookAgainAsync(AccessNote note, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(note);
        switch (note.Kind)
        {
            case AccessKind.ApiKey:
                return note.ApiKeyPrefix is { } prefix && await _states.FindApiKeyAsync(prefix, cancellationToken).ConfigureAwait(false) is { } key && "key:" + key.Id == note.Principal
                    ? await OfAsync(key, prefix, cancellationToken).ConfigureAwait(false)
                    : null;
            case AccessKind.AccountToken or AccessKind.Cookie:
                return note.UserId is { } id && await _states.FindUserAsync(id, cancellationToken).ConfigureAwait(false) is { IsDisabled: false } user
                    ? Of(user, note.Kind, session: null, expiresAt: null)
                    : null;
            default:
                return note.ExpiresAt <= _time.GetUtcNow() ? null : new Access
                {
                    Kind = AccessKind.ForeignToken,
                    Principal = note.Principal,
                    UserId = note.UserId,
                    Name = note.Name,
                    Roles = note.Roles.ToHashSet(StringComparer.Ordinal),
                    Permissions = new PermissionSet(note.Permissions),
                    ExpiresAt = note.ExpiresAt,
                };
        }
    }

    /// <summary>Reads a refresh token or cookie; a second time where other nodes may have new keys.</summary>
    internal async ValueTask<SessionToken?> ReadSessionTokenAsync(string text, SessionKind kind, CancellationToken cancellationToken)
    {
        if (text.Length != SessionToken.Length)
        {
            return null;
        }

        var ring = await _keys.GetAsync(cancellationToken).ConfigureAwait(false);
        if (SessionToken.TryRead(text, ring, kind, out var token))
        {
            return token;
        }

        var fresh = await _keys.LookAgainAsync(cancellationToken).ConfigureAwait(false);
        return !ReferenceEquals(fresh, ring) && SessionToken.TryRead(text, fresh, kind, out token) ? token : null;
    }

    private async ValueTask<Access?> FindTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (await _tokens.ReadAsync(token, cancellationToken).ConfigureAwait(false) is not { } claims)
        {
            return null;
        }

        if (claims.SessionId is null)
        {
            return new Access
            {
                Kind = AccessKind.ForeignToken,
                Principal = "user:" + claims.UserId,
                UserId = claims.UserId,
                Name = claims.Name,
                Roles = claims.Roles,
                Permissions = claims.Permissions,
                ExpiresAt = claims.ExpiresAt,
            };
        }

        var session = await _states.FindSessionAsync(claims.SessionId, cancellationToken).ConfigureAwait(false);
        var user = await _states.FindUserAsync(claims.UserId, cancellationToken).ConfigureAwait(false);
        return session is { HasEnded: false, Kind: SessionKind.Token } && session.UserId == claims.UserId && user is { IsDisabled: false } && user.SecurityVersion == claims.SecurityVersion
            ? Of(user, AccessKind.AccountToken, session, claims.ExpiresAt)
            : null;
    }

    private async ValueTask<Access?> FindApiKeyAsync(string token, string? address, CancellationToken cancellationToken)
    {
        if (!ApiKeySecret.TryParse(token, out var secret)
            || await _states.FindApiKeyAsync(secret.Prefix, cancellationToken).ConfigureAwait(false) is not { } key
            || !secret.Matches(key.Hash)
            || await OfAsync(key, secret.Prefix, cancellationToken).ConfigureAwait(false) is not { } access)
        {
            return null;
        }

        _uses.Note(key, address);
        return access;
    }

    private async ValueTask<Access?> OfAsync(ApiKeyAccess key, string prefix, CancellationToken cancellationToken)
    {
        if (key.IsRevoked || key.ExpiresAt <= _time.GetUtcNow())
        {
            return null;
        }

        var permissions = key.Scopes;
        if (key.OwnerId is not null)
        {
            if (await _states.FindUserAsync(key.OwnerId, cancellationToken).ConfigureAwait(false) is not { IsDisabled: false } owner)
            {
                return null;
            }

            permissions = key.ScopesWithin(owner);
        }

        return new Access
        {
            Kind = AccessKind.ApiKey,
            Principal = "key:" + key.Id,
            Name = key.Name,
            Permissions = permissions,
            ExpiresAt = key.ExpiresAt,
            ApiKeyId = key.Id,
            ApiKeyPrefix = prefix,
        };
    }

    private static Access Of(UserAccess user, AccessKind kind, SessionAccess? session, DateTimeOffset? expiresAt) => new()
    {
        Kind = kind,
        Principal = "user:" + user.Id,
        UserId = user.Id,
        Name = user.Name,
        Roles = user.Roles,
        Permissions = user.Permissions,
        ExpiresAt = expiresAt,
        SessionId = session?.Id,
        SecurityVersion = user.SecurityVersion,
    };
}
