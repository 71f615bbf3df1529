using System.ComponentModel.DataAnnotations;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Gives a session its next tokens, or its cookie a longer life.</summary>
internal static class RefreshSession
{
    /// <summary>A refresh. Without a refresh token the session's cookie counts.</summary>
    internal sealed record RefreshRequest
    {
        /// <summary>The refresh token that was given last.</summary>
        [StringLength(Verification.MaxTokenLength, MinimumLength = 1)]
        public string? RefreshToken { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        OptionalJsonBody<RefreshRequest> body, HttpContext context, Sessions sessions, SessionCookie cookie, AuditLog audit, CancellationToken cancellationToken)
    {
        var token = body.Value?.RefreshToken;
        if (token is not null && !Verification.IsToken(token))
        {
            return FieldErrors.For("refresh_token", AccountRules.TokenRule).ToResult();
        }

        var usesCookie = token is null;
        if (usesCookie && (token = cookie.Read(context)) is not null && !SessionCookie.ComesFromOwnPage(context))
        {
            return AccessErrors.ForeignPage.ToResult();
        }

        if (token is null)
        {
            return AccessErrors.NoCredential.ToResult();
        }

        var client = Origins.ClientOf(context, usesCookie, device: null);
        var result = await sessions.RefreshAsync(token, client, cancellationToken);
        if (result.Status == RefreshStatus.Refreshed)
        {
            return TypedResults.Ok(SessionResponse.Give(context, cookie, result.Tokens!, result.Account!));
        }

        if (usesCookie)
        {
            cookie.Clear(context);
        }

        if (result.Status == RefreshStatus.Refused)
        {
            audit.NoteRefusal(new AuditEntry("auth.refresh", AuditOutcome.Refused, client.Origin));
        }

        return AuthErrors.NoRefresh.ToResult();
    }
}
