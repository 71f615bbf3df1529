using System.ComponentModel.DataAnnotations;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Ends the session of the credential, of a refresh token, or all of them.</summary>
internal static class LogOut
{
    /// <summary>A log-out. Without a refresh token the session of the request's own credential ends.</summary>
    internal sealed record LogOutRequest
    {
        /// <summary>A refresh token of the session that is to end.</summary>
        [StringLength(Verification.MaxTokenLength, MinimumLength = 1)]
        public string? RefreshToken { get; init; }
    }

    /// <summary>Always 204 where a refresh token is given: a session that is gone already has ended.</summary>
    public static async Task<IResult> HandleAsync(
        OptionalJsonBody<LogOutRequest> body, HttpContext context, Sessions sessions, SessionCookie cookie, CallerResolver callers, RefusedRequests refused, CancellationToken cancellationToken)
    {
        if (body.Value?.RefreshToken is { } token)
        {
            if (!Verification.IsToken(token))
            {
                return FieldErrors.For("refresh_token", AccountRules.TokenRule).ToResult();
            }

            await sessions.EndAsync(token, Origins.Of(context), cancellationToken);
            return TypedResults.NoContent();
        }

        var (caller, error) = await callers.ResolveAsync(context, token: null);
        if (caller is null)
        {
            refused.Note(context, error!);
            return error!.ToResult();
        }

        context.Features.Set(caller);
        if (caller is not { UserId: { } userId, Access.SessionId: { } sessionId })
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        await sessions.EndAsync(userId, sessionId, Origins.Of(context), cancellationToken);
        cookie.Clear(context);
        return TypedResults.NoContent();
    }

    public static async Task<IResult> AllAsync(Caller caller, HttpContext context, Sessions sessions, SessionCookie cookie, CancellationToken cancellationToken)
    {
        if (caller is not { UserId: { } userId, Access.SessionId: not null })
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        await sessions.EndAllAsync(userId, Origins.Of(context), cancellationToken);
        if (cookie.Read(context) is not null)
        {
            cookie.Clear(context);
        }

        return TypedResults.NoContent();
    }
}
