using Causeway.Http;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Lets callers use relayed routes by the same credentials as the API, and tells the backend who they are.</summary>
/// <remarks>
/// Where anyone may come, a credential that is not the service's own is the backend's, and goes on to it. One that is the service's own never does.
/// </remarks>
internal sealed class RelayGate(CallerResolver callers, IdentityTokens identities, Exposure exposure, RefusedRequests refused) : IRelayGate
{
    private const string RolePrefix = "role:";
    private const string QueryName = "access_token";

    public async ValueTask<RelayDecision> DecideAsync(HttpContext context, RelayRoute route, string? token, CancellationToken cancellationToken)
    {
        var (caller, error, decision) = await FindAsync(context, token);
        var access = route.Access ?? (exposure.IsLocal ? "anyone" : "authenticated");
        if (access != "anyone")
        {
            if (caller is null)
            {
                refused.Note(context, error);
                return RelayDecision.Refuse(error);
            }

            if (access.StartsWith(RolePrefix, StringComparison.Ordinal) && !caller.IsAdmin && !caller.Roles.Contains(access[RolePrefix.Length..]))
            {
                refused.Note(context, AccessErrors.Forbidden, caller, access);
                return RelayDecision.Refuse(AccessErrors.Forbidden);
            }
        }

        return caller is null ? decision : decision with { Identity = identities.Issue(route.BackendName, caller) };
    }

    /// <summary>Looks at every place of a credential, also behind the one that says who it is: what is the service's own goes on from none.</summary>
    private async ValueTask<(Caller? Caller, ApiError Error, RelayDecision Decision)> FindAsync(HttpContext context, string? token)
    {
        var cookies = context.Request.Headers.Cookie.Count > 0;
        var decision = cookies ? new RelayDecision { OwnsCookie = SessionCookie.IsName } : RelayDecision.Anonymous;
        var caller = token is null ? null : await OwnerOfAsync(context, token);
        var error = token is null ? AccessErrors.NoCredential : AccessErrors.InvalidCredential;
        if (context.Request.Headers.Authorization.Count > 1)
        {
            // There may be one (RFC 9110 §11.6.2); which of several a backend would believe is not known.
            decision = decision with { OwnsAuthorization = true };
        }
        else if (BearerToken.TryGet(context, out var bearer))
        {
            var named = await OwnerOfAsync(context, bearer);
            if (named is not null)
            {
                decision = decision with { OwnsAuthorization = true };
            }

            if (token is null)
            {
                (caller, error) = (named, AccessErrors.InvalidCredential);
            }
        }

        if (context.Request.QueryString.HasValue && context.Request.Query.TryGetValue(QueryName, out var values))
        {
            if (token is null && caller is null)
            {
                var (named, refusal) = await callers.ResolveInQueryAsync(context, values.ToString());
                (caller, error) = (named, refusal ?? error);
            }

            foreach (var value in values)
            {
                if (value is not null && await OwnerOfAsync(context, value) is not null)
                {
                    decision = decision with { OwnsQueryToken = true };
                }
            }
        }

        if (cookies && caller is null && token is null && context.Request.Headers.Authorization.Count == 0
            && await callers.ResolveByCookieAsync(context, live: context.Request.Headers.Upgrade.Count > 0) is { } byCookie)
        {
            (caller, error) = (byCookie.Caller, byCookie.Error ?? error);
            return (caller, error, decision);
        }

        return caller is null && token is null && LocalAccess.IsLocal(context, exposure)
            ? (Caller.LocalAdmin, error, decision)
            : (caller, error, decision);
    }

    private async ValueTask<Caller?> OwnerOfAsync(HttpContext context, string token) => (await callers.ResolveAsync(context, token)).Caller;
}
