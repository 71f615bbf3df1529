using Causeway.Http;

namespace Causeway.Server;

/// <summary>Finds out who sent a request: by the admin token, by a signed token, or, while only this machine reaches the service, by the peer's own socket.</summary>
/// <param name="adminToken">Opens everything.</param>
/// <param name="tokens">Reads signed tokens.</param>
/// <param name="exposure">Who can reach the service.</param>
/// <param name="allowQueryToken">Whether live requests may carry a token in their address.</param>
internal sealed class CallerResolver(AdminToken adminToken, AccessTokens tokens, Exposure exposure, bool allowQueryToken)
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
            return adminToken.Matches(token) ? ValueTask.FromResult<(Caller?, ApiError?)>((Caller.AdminToken, null)) : ReadAsync(token);
        }

        return LocalAccess.IsLocal(context, exposure)
            ? ValueTask.FromResult<(Caller?, ApiError?)>((Caller.LocalAdmin, null))
            : Refused(AccessErrors.NoCredential);
    }

    /// <summary>The same for a token that stands in the request's address and nowhere else.</summary>
    public ValueTask<(Caller? Caller, ApiError? Error)> ResolveInQueryAsync(HttpContext context, string token) =>
        allowQueryToken ? ResolveAsync(context, token) : Refused(AccessErrors.QueryTokenOff);

    private async ValueTask<(Caller?, ApiError?)> ReadAsync(string token) =>
        await tokens.ReadAsync(token) is { } caller ? (caller, null) : (null, AccessErrors.InvalidCredential);

    private static ValueTask<(Caller?, ApiError?)> Refused(ApiError error) => ValueTask.FromResult<(Caller?, ApiError?)>((null, error));
}
