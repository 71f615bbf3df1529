namespace Causeway.Identity;

/// <summary>What a client keeps of a session.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Kind">How the client holds it.</param>
/// <param name="AccessToken">For <c>Authorization: Bearer</c>; null for a cookie's session.</param>
/// <param name="AccessExpiresAt">When the access token ends.</param>
/// <param name="RefreshToken">Gets the next pair, or the cookie's value. A secret.</param>
/// <param name="ExpiresAt">When the session ends unless it is refreshed before.</param>
public sealed record SessionTokens(string SessionId, SessionKind Kind, string? AccessToken, DateTimeOffset AccessExpiresAt, string RefreshToken, DateTimeOffset ExpiresAt)
{
    /// <summary>Names the session only, so that a log can't leak it.</summary>
    public override string ToString() => $"tokens of session {SessionId}";
}

/// <summary>The client of a session.</summary>
/// <param name="Kind">How it will hold its credential.</param>
/// <param name="Device">What it says it is: at most 200 characters; null for nothing.</param>
/// <param name="Origin">Where it asks from.</param>
public sealed record SessionClient(SessionKind Kind, string? Device, AuditOrigin Origin);

/// <summary>What became of a refresh.</summary>
public enum RefreshStatus
{
    /// <summary>There are new tokens; for a client that asked twice, the current ones again.</summary>
    Refreshed = 1,

    /// <summary>It is no refresh token, or its session has ended.</summary>
    Refused,

    /// <summary>It was replaced long ago, so somebody has a copy: its session has ended now.</summary>
    Reused,
}

/// <summary>The result of a refresh.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Tokens">The tokens; null where it was refused.</param>
/// <param name="Account">Whose they are; null where it was refused.</param>
public readonly record struct RefreshResult(RefreshStatus Status, SessionTokens? Tokens = null, Account? Account = null);
