using Causeway.Http;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Lets callers use relayed routes by the same credentials as the API, and tells the backend who they are.</summary>
/// <remarks>
/// Where anyone may come, a credential that is not the service's own is the backend's, and goes on to it. One that is the service's own never does.
/// </remarks>
internal sealed class RelayGate(CallerResolver callers, IdentityTokens identities, Exposure exposure) : IRelayGate
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
                return RelayDecision.Refuse(error);
            }

            if (access.StartsWith(RolePrefix, StringComparison.Ordinal) && !caller.IsAdmin && !caller.Roles.Contains(access[RolePrefix.Length..]))
            {
                return RelayDecision.Refuse(AccessErrors.Forbidden);
            }
        }

        return caller is null ? decision : decision with { Identity = identities.Issue(route.BackendName, caller) };
    }

    private async ValueTask<(Caller? Caller, ApiError Error, RelayDecision Decision)> FindAsync(HttpContext context, string? token)
    {
        if (token is not null)
        {
            var (named, _) = await callers.ResolveAsync(context, token);
            return (named, AccessErrors.InvalidCredential, RelayDecision.Anonymous);
        }

        var error = AccessErrors.NoCredential;
        if (BearerToken.TryGet(context, out var bearer))
        {
            var (named, _) = await callers.ResolveAsync(context, bearer);
            if (named is not null)
            {
                return (named, error, new RelayDecision { OwnsAuthorization = true });
            }

            error = AccessErrors.InvalidCredential;
        }

        if (context.Request.QueryString.HasValue && context.Request.Query.TryGetValue(QueryName, out var values))
        {
            var (named, refusal) = await callers.ResolveInQueryAsync(context, values.ToString());
            if (named is not null)
            {
                return (named, error, new RelayDecision { OwnsQueryToken = true });
            }

            error = refusal!;
        }

        return LocalAccess.IsLocal(context, exposure) ? (Caller.LocalAdmin, error, RelayDecision.Anonymous) : (null, error, RelayDecision.Anonymous);
    }
}
