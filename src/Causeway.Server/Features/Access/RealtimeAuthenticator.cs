using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lets the live service in by the same credentials as the API.</summary>
internal sealed class RealtimeAuthenticator(CallerResolver callers, RefusedRequests refused) : IRealtimeAuthenticator
{
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken)
    {
        var (caller, error) = await callers.ResolveAsync(context, token, live: true);
        if (caller is null)
        {
            refused.Note(context, error!);
            return AuthenticationOutcome.Refuse(error!);
        }

        return AuthenticationOutcome.Accept(caller.ToIdentity());
    }

    public async ValueTask<AuthenticationOutcome> RefreshAsync(Realtime.ConnectionInfo connection, string token, CancellationToken cancellationToken)
    {
        if (await callers.FindAsync(token, cancellationToken) is { } caller)
        {
            return AuthenticationOutcome.Accept(caller.ToIdentity());
        }

        refused.NoteRefresh(connection);
        return AuthenticationOutcome.Refuse(AccessErrors.InvalidCredential);
    }
}
