namespace Causeway.Identity;

/// <summary>How a session's client holds its credential.</summary>
public enum SessionKind
{
    /// <summary>A program or page that keeps an access token and a refresh token.</summary>
    Token = 1,

    /// <summary>A browser that keeps a cookie no script can read.</summary>
    Cookie,
}
