using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime;

/// <summary>Everything a client must pass before the upgrade or the first event. A refusal is an ordinary HTTP answer.</summary>
internal sealed class Gate(LiveCore core, IRealtimeAuthenticator authenticator)
{
    public const string Subprotocol = "causeway.v1";

    private const string BearerPrefix = "bearer.";

    /// <summary>How long the application may take to say who a client is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Origin, drain, credential and limits, in this order.</summary>
    /// <returns>Who it is, with a place taken for them; or why they are refused. <see cref="ConfirmAsync"/> must follow once they are in the register.</returns>
    public async ValueTask<AuthenticationOutcome> AdmitAsync(HttpContext context, bool takePlace)
    {
        if (!OriginPolicy.IsSameOriginOrAllowed(context, core.Options.AllowedOrigins.AsReadOnly()))
        {
            return Refuse(new ApiError(ErrorCode.Forbidden, "Pages of this origin may not connect; the server's AllowedOrigins names those that may."));
        }

        if (core.Connections.IsDraining)
        {
            return Refuse(Refusals.Draining(core.Connections.DrainLeft));
        }

        if (ReadSubprotocols(context, out var token) is { } error)
        {
            return Refuse(error);
        }

        var outcome = await AuthenticateAsync(context, token);
        if (outcome.Error is { } refusal)
        {
            return Refuse(refusal);
        }

        if (outcome.Identity!.ExpiresAt <= core.Time.GetUtcNow())
        {
            return Refuse(Refusals.CredentialExpired);
        }

        var address = AddressOf(context);
        if (core.Connections.Admission.TryEnter(outcome.Identity.UserId, address) is { } full)
        {
            return Refuse(full);
        }

        if (!takePlace)
        {
            core.Connections.Admission.Leave(outcome.Identity.UserId, address);
        }

        return outcome;
    }

    /// <summary>
    /// Authenticates a connection again where credentials have changed since it was: whoever closes or changes the connections of a user did not find this one yet.
    /// </summary>
    /// <param name="context">The request that was let in.</param>
    /// <param name="connection">Its connection, in the register.</param>
    /// <param name="version">Of <see cref="Connections.AccessVersion"/> before it was let in.</param>
    public async ValueTask ConfirmAsync(HttpContext context, Connection connection, int version)
    {
        while (version != core.Connections.AccessVersion)
        {
            version = core.Connections.AccessVersion;
            RealtimeIdentity? identity;
            try
            {
                _ = ReadSubprotocols(context, out var token);
                identity = (await AuthenticateAsync(context, token)).Identity;
            }
            catch (Exception exception)
            {
                core.Logger.AuthenticationFailed(connection.Id, exception);
                core.Connections.Disconnect(connection.Id, CloseReason.ServerFault);
                return;
            }

            if (identity is null || identity.UserId != connection.Identity.UserId || identity.SessionId != connection.Identity.SessionId)
            {
                core.Connections.Disconnect(connection.Id, CloseReason.Revoked);
                return;
            }

            core.Connections.Renew(connection, identity);
        }
    }

    public static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    /// <summary>The subprotocol to answer with; null for none.</summary>
    public static string? ChosenSubprotocol(HttpContext context) =>
        OffersOf(context).Contains(Subprotocol, StringComparer.Ordinal) ? Subprotocol : null;

    private async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token)
    {
        try
        {
            return await authenticator.AuthenticateAsync(context, token, context.RequestAborted).AsTask().WaitAsync(Patience, core.Time);
        }
        catch (TimeoutException)
        {
            return AuthenticationOutcome.Refuse(
                new ApiError(ErrorCode.Unavailable, "The credential could not be checked in time.") { RetryAfter = TimeSpan.FromSeconds(5) });
        }
    }

    private static ApiError? ReadSubprotocols(HttpContext context, out string? token)
    {
        token = OffersOf(context).FirstOrDefault(static offer => offer.StartsWith(BearerPrefix, StringComparison.Ordinal))?[BearerPrefix.Length..];
        return token is not null && ChosenSubprotocol(context) is null
            ? new ApiError(ErrorCode.InvalidMessage, $"Offer the subprotocol {Subprotocol} beside the credential: a browser fails without an answer to one of its offers.")
            : null;
    }

    private static string[] OffersOf(HttpContext context) => context.Request.Headers.SecWebSocketProtocol is { Count: > 0 } header
        ? header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : [];

    private AuthenticationOutcome Refuse(ApiError error)
    {
        core.Metrics.CountRefused(error.Code);
        return AuthenticationOutcome.Refuse(error);
    }
}
