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
    /// <returns>Who it is, with a place taken for them; or why they are refused.</returns>
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

        AuthenticationOutcome outcome;
        try
        {
            outcome = await authenticator.AuthenticateAsync(context, token, context.RequestAborted).AsTask().WaitAsync(Patience, core.Time);
        }
        catch (TimeoutException)
        {
            outcome = AuthenticationOutcome.Refuse(
                new ApiError(ErrorCode.Unavailable, "The credential could not be checked in time.") { RetryAfter = TimeSpan.FromSeconds(5) });
        }

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

    public static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    /// <summary>The subprotocol to answer with; null for none.</summary>
    public static string? ChosenSubprotocol(HttpContext context) =>
        OffersOf(context).Contains(Subprotocol, StringComparer.Ordinal) ? Subprotocol : null;

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
