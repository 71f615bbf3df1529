using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lets the live service in by the same credentials as the API.</summary>
internal sealed class RealtimeAuthenticator(CallerResolver callers, CallOuts callOuts, RefusedRequests refused) : IRealtimeAuthenticator
{
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken)
    {
        var (caller, error) = await callers.ResolveAsync(context, token, live: true);
        if (caller is null)
        {
            refused.Note(context, error!);
            return AuthenticationOutcome.Refuse(error!);
        }

        var (allowed, forbidden) = await callOuts.CheckConnectAsync(caller, context, cancellationToken);
        return allowed is null ? AuthenticationOutcome.Refuse(forbidden!) : AuthenticationOutcome.Accept(allowed.ToIdentity());
    }

    public async ValueTask<AuthenticationOutcome> RefreshAsync(Realtime.ConnectionInfo connection, string token, CancellationToken cancellationToken)
    {
        if (await callers.FindAsync(token, cancellationToken) is not { } caller)
        {
            refused.NoteRefresh(connection);
            return AuthenticationOutcome.Refuse(AccessErrors.InvalidCredential);
        }

        var (allowed, forbidden) = await callOuts.CheckConnectAsync(caller, null, cancellationToken);
        return allowed is null ? AuthenticationOutcome.Refuse(forbidden!) : AuthenticationOutcome.Accept(allowed.ToIdentity());
    }
}
