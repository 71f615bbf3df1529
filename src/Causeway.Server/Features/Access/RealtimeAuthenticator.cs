using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lets the live service in by the same credentials as the API.</summary>
internal sealed class RealtimeAuthenticator(CallerResolver callers) : IRealtimeAuthenticator
{
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken)
    {
        var (caller, error) = await callers.ResolveAsync(context, token, live: true);
        return caller is null ? AuthenticationOutcome.Refuse(error!) : AuthenticationOutcome.Accept(caller.ToIdentity());
    }

    public async ValueTask<AuthenticationOutcome> RefreshAsync(string token, CancellationToken cancellationToken) =>
        await callers.FindAsync(token, cancellationToken) is { } caller
            ? AuthenticationOutcome.Accept(caller.ToIdentity())
            : AuthenticationOutcome.Refuse(AccessErrors.InvalidCredential);
}
