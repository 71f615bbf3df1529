using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime;

/// <summary>Decides who a client is before it is let in. Register one to replace the default, which takes <see cref="HttpContext.User"/>.</summary>
public interface IRealtimeAuthenticator
{
    /// <summary>Called once for each connection, before the upgrade or the first event.</summary>
    /// <param name="context">The request; nothing has been written yet.</param>
    /// <param name="token">The credential from the <c>bearer.</c> subprotocol, else null: look at the request.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken);

    /// <summary>Called for a <c>refresh_token</c> message.</summary>
    /// <param name="connection">Whoever sent it, as it is known so far.</param>
    /// <param name="token">The new access token.</param>
    /// <param name="cancellationToken">The connection has ended.</param>
    ValueTask<AuthenticationOutcome> RefreshAsync(ConnectionInfo connection, string token, CancellationToken cancellationToken);
}

/// <summary>An identity, or why there is none.</summary>
public readonly record struct AuthenticationOutcome
{
    private AuthenticationOutcome(RealtimeIdentity? identity, ApiError? error) => (Identity, Error) = (identity, error);

    /// <summary>Who it is; null when refused.</summary>
    public RealtimeIdentity? Identity { get; }

    /// <summary>Why it is refused; null when it is not.</summary>
    public ApiError? Error { get; }

    /// <summary>Lets the client in.</summary>
    public static AuthenticationOutcome Accept(RealtimeIdentity identity) => new(identity, null);

    /// <summary>Keeps the client out.</summary>
    public static AuthenticationOutcome Refuse(ApiError error) => new(null, error);
}
