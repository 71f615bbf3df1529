using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Tells a page's own requests from those of other sites by the <c>Origin</c> header.</summary>
public static class OriginPolicy
{
    private static readonly SearchValues<char> BeyondAuthority = SearchValues.Create("/\\?#@ ");

    /// <summary>Whether the request names no origin, the server's own, or an allowed one.</summary>
    /// <remarks>
    /// An origin is scheme, host and port; the scheme's usual port may be left out, and letters' case doesn't matter. Programs that are no
    /// browsers send none. <c>Origin: null</c> (sandboxed frames, files, redirects between sites) and anything unreadable are foreign.
    /// The server's own is the request's scheme and <c>Host</c>, which must therefore be checked as well: under DNS rebinding the two agree.
    /// </remarks>
    /// <param name="context">The request.</param>
    /// <param name="allowed">Origins of other sites that may ask, such as <c>https://app.example.com</c>.</param>
    public static bool IsSameOriginOrAllowed(HttpContext context, IEnumerable<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(allowed);
        var header = context.Request.Headers.Origin;
        if (header.Count == 0)
        {
            return true;
        }

        if (header is not [{ } text] || !TryParse(text, out var origin))
        {
            return false;
        }

        if (TryParse($"{context.Request.Scheme}://{context.Request.Host.Value}", out var own) && own == origin)
        {
            return true;
        }

        return IsListed(origin, allowed);
    }

    /// <summary>The request's origin as it stands in the header, where it is one of a list; else null. ASCII, as browsers write it, so that it may be sent back.</summary>
    internal static string? FindListed(HttpContext context, IEnumerable<string> allowed) =>
        context.Request.Headers.Origin is [{ } text] && Ascii.IsValid(text) && TryParse(text, out var origin) && IsListed(origin, allowed) ? text : null;

    /// <summary>Whether a setting names an origin: <c>http(s)://host[:port]</c> and nothing behind it.</summary>
    public static bool IsOrigin(string? text) => text is not null && TryParse(text, out _);

    private static bool IsListed((string Scheme, string Host, int Port) origin, IEnumerable<string> allowed)
    {
        foreach (var entry in allowed)
        {
            if (TryParse(entry, out var other) && other == origin)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryParse(string text, out (string Scheme, string Host, int Port) origin)
    {
        origin = default;
        var rest = text.IndexOf("://", StringComparison.Ordinal);
        if (rest <= 0
            || text.AsSpan(rest + 3).ContainsAny(BeyondAuthority)
            || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Host.Length == 0)
        {
            return false;
        }

        // Uri lowers scheme and host and knows the usual ports; pages of apps have schemes of their own, such as capacitor://localhost. Browsers write names
        // beyond ASCII in their encoded form.
        origin = (uri.Scheme, uri.IdnHost, uri.Port);
        return true;
    }
}
