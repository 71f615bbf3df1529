using System.Globalization;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>
/// The cookie of a browser's session: out of reach of scripts, never sent along by other sites, and over HTTPS bound to this host
/// (<c>__Host-</c>, RFC 6265bis §4.1.3.2).
/// </summary>
internal sealed class SessionCookie(Exposure exposure)
{
    private const string SecureName = "__Host-causeway";
    private const string PlainName = "causeway-session-";

    /// <summary>Its value; null where the request has none.</summary>
    public string? Read(HttpContext context) => context.Request.Headers.Cookie.Count > 0 && context.Request.Cookies.TryGetValue(NameOf(context), out var value) ? value : null;

    /// <summary>Gives it to the browser until its session ends.</summary>
    public void Write(HttpContext context, SessionTokens tokens) => context.Response.Headers.Append("Set-Cookie", Header(context, tokens));

    /// <summary>The same as a <c>Set-Cookie</c> header.</summary>
    public string Header(HttpContext context, SessionTokens tokens) => Header(context, tokens.RefreshToken, tokens.ExpiresAt);

    /// <summary>Takes it away.</summary>
    public void Clear(HttpContext context) => context.Response.Headers.Append("Set-Cookie", Header(context, "", DateTimeOffset.UnixEpoch));

    /// <summary>Whether a cookie's name is one of ours, so that it reaches no backend.</summary>
    public static bool IsName(string name) => name == SecureName || name.StartsWith(PlainName, StringComparison.Ordinal);

    /// <summary>
    /// Whether a page that may ask here made the browser ask: <c>Origin</c>, which has been checked before, or <c>Sec-Fetch-Site</c> says so. Browsers that send
    /// neither are older than SameSite cookies.
    /// </summary>
    public static bool ComesFromOwnPage(HttpContext context)
    {
        var headers = context.Request.Headers;
        return headers["Sec-Fetch-Site"] is [{ } site] ? site == "same-origin" || site != "none" && headers.Origin.Count == 1 : headers.Origin.Count == 1;
    }

    private string Header(HttpContext context, string? value, DateTimeOffset expires) => new CookieOptions
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = IsSecure(context),
        Path = "/",
        Expires = expires,
    }.CreateCookieHeader(NameOf(context), Uri.EscapeDataString(value ?? "")).ToString();

    /// <summary>Without HTTPS the port is in the name: cookies don't know ports, and several services on one machine would take each other's away.</summary>
    private string NameOf(HttpContext context) => IsSecure(context)
        ? SecureName
        : PlainName + (context.Request.Host.Port ?? 80).ToString(CultureInfo.InvariantCulture);

    private bool IsSecure(HttpContext context) => context.Request.IsHttps || exposure.PublicUrl?.Scheme == Uri.UriSchemeHttps;
}
