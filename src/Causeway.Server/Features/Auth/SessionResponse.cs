using Causeway.Identity;

namespace Causeway.Server;

/// <summary>A session that has begun or was refreshed.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>; null where a cookie holds the session.</param>
/// <param name="TokenType"><c>Bearer</c>; null where a cookie holds the session.</param>
/// <param name="AccessExpiresAt">When the access token ends.</param>
/// <param name="RefreshToken">For <c>auth/refresh</c>; null where a cookie holds the session.</param>
/// <param name="ExpiresAt">When the session ends unless it is refreshed before.</param>
/// <param name="User">Whose it is.</param>
internal sealed record SessionResponse(
    string SessionId, string? AccessToken, string? TokenType, DateTimeOffset AccessExpiresAt, string? RefreshToken, DateTimeOffset ExpiresAt, UserResponse User)
{
    /// <summary>Answers with it; a cookie's session goes into the cookie and not into the body.</summary>
    public static SessionResponse Give(HttpContext context, SessionCookie cookie, SessionTokens tokens, Account account)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (tokens.Kind == SessionKind.Cookie)
        {
            cookie.Write(context, tokens);
        }

        return From(tokens, account);
    }

    /// <summary>The body alone.</summary>
    public static SessionResponse From(SessionTokens tokens, Account account) => tokens.Kind == SessionKind.Cookie
        ? new(tokens.SessionId, null, null, tokens.AccessExpiresAt, null, tokens.ExpiresAt, UserResponse.From(account))
        : new(tokens.SessionId, tokens.AccessToken, "Bearer", tokens.AccessExpiresAt, tokens.RefreshToken, tokens.ExpiresAt, UserResponse.From(account));
}
