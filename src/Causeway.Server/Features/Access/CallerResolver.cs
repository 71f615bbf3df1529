using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>
/// Finds out who sent a request: by the admin token, a signed token or an API key, by the cookie of a session, or, while only this machine reaches the service, by
/// the peer's own socket.
/// </summary>
/// <param name="adminToken">Opens everything.</param>
/// <param name="credentials">Knows all others.</param>
/// <param name="cookie">The cookie of a session.</param>
/// <param name="names">What an account is called whose id stands in a token of another system without a name.</param>
/// <param name="exposure">Who can reach the service.</param>
/// <param name="allowQueryToken">Whether live requests may carry a token in their address.</param>
internal sealed class CallerResolver(AdminToken adminToken, Credentials credentials, SessionCookie cookie, UserNames names, Exposure exposure, bool allowQueryToken)
{
    private const string QueryName = "access_token";

    /// <summary>Says who it is, or why nobody. A credential that is given must be valid: a request never falls back to less than it asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The credential where it does not stand in the request's own places; else null.</param>
    /// <param name="live">True for a request for a live connection, which may carry its credential in its address where that is allowed.</param>
    public ValueTask<(Caller? Caller, ApiError? Error)> ResolveAsync(HttpContext context, string? token, bool live = false)
    {
        if (token is null && context.Request.Headers.Authorization.Count > 0 && !BearerToken.TryGet(context, out token))
        {
            return Refused(AccessErrors.InvalidCredential);
        }

        if (token is null && live && context.Request.Query.TryGetValue(QueryName, out var values))
        {
            if (!allowQueryToken)
            {
                return Refused(AccessErrors.QueryTokenOff);
            }

            token = values.ToString();
        }

        if (token is not null)
        {
            return FindAsync(token, context);
        }

        if (cookie.Read(context) is { } session)
        {
            return FindByCookieAsync(session, context, live);
        }

        return LocalAccess.IsLocal(context, exposure)
            ? ValueTask.FromResult<(Caller?, ApiError?)>((Caller.LocalAdmin, null))
            : Refused(AccessErrors.NoCredential);
    }

    /// <summary>The same for a token that stands in the request's address and nowhere else.</summary>
    public ValueTask<(Caller? Caller, ApiError? Error)> ResolveInQueryAsync(HttpContext context, string token) =>
        allowQueryToken ? ResolveAsync(context, token) : Refused(AccessErrors.QueryTokenOff);

    /// <summary>Whose the session's cookie is, or why nobody's; null where there is none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="live">Whether it would stay open.</param>
    public async ValueTask<(Caller? Caller, ApiError? Error)?> ResolveByCookieAsync(HttpContext context, bool live) =>
        cookie.Read(context) is { } session ? await FindByCookieAsync(session, context, live) : null;

    /// <summary>Whose a bearer token is; null where it is nobody's.</summary>
    public async ValueTask<Caller?> FindAsync(string token, CancellationToken cancellationToken) => adminToken.Matches(token)
        ? Caller.AdminToken
        : await credentials.FindAsync(token, null, cancellationToken) is { } access ? await OfAsync(access, cancellationToken) : null;

    /// <summary>The same caller as of now, for a connection that lasts; null where the credential counts no more.</summary>
    public async ValueTask<Caller?> LookAgainAsync(Caller caller, CancellationToken cancellationToken) => caller.Access is null
        ? caller
        : await credentials.LookAgainAsync(caller.Access, cancellationToken) is { } access ? await OfAsync(access, cancellationToken) : null;

    /// <summary>Who asked for a job, with what they may do now; null where the credential counts no more.</summary>
    public async ValueTask<Caller?> FindAsync(CallerNote note, CancellationToken cancellationToken) => note.Access is null
        ? new[] { Caller.LocalAdmin, Caller.AdminToken }.FirstOrDefault(admin => admin.Principal == note.Principal)
        : await credentials.LookAgainAsync(note.Access, cancellationToken) is { } access ? await OfAsync(access, cancellationToken) : null;

    private async ValueTask<(Caller?, ApiError?)> FindAsync(string token, HttpContext context)
    {
        if (adminToken.Matches(token))
        {
            return (Caller.AdminToken, null);
        }

        return await credentials.FindAsync(token, AddressOf(context), context.RequestAborted) is { } access
            ? (await OfAsync(access, context.RequestAborted), null)
            : (null, AccessErrors.InvalidCredential);
    }

    private async ValueTask<(Caller?, ApiError?)> FindByCookieAsync(string session, HttpContext context, bool live)
    {
        // A browser sends it along whoever makes it ask. What changes something, or stays open, must come from a page of ours.
        if ((live || !IsSafe(context.Request.Method)) && !SessionCookie.ComesFromOwnPage(context))
        {
            return (null, AccessErrors.ForeignPage);
        }

        if (await credentials.FindCookieAsync(session, AddressOf(context), context.RequestAborted) is { } access)
        {
            return (Caller.From(access), null);
        }

        // The browser would send it for ever, also where nothing is needed.
        cookie.Clear(context);
        return (null, AccessErrors.InvalidCredential);
    }

    /// <summary>Whoever may sign tokens need not know what its users are called.</summary>
    private async ValueTask<Caller> OfAsync(Access access, CancellationToken cancellationToken) => Caller.From(
        access is { Kind: AccessKind.ForeignToken, Name: null, UserId: { } id } && await names.FindAsync(id, cancellationToken) is { } name ? access with { Name = name } : access);

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    private static ValueTask<(Caller?, ApiError?)> Refused(ApiError error) => ValueTask.FromResult<(Caller?, ApiError?)>((null, error));
}
