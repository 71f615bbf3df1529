using System.Buffers;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Causeway.Relay;

/// <summary>What becomes of a header on its way.</summary>
internal enum HeaderRule
{
    /// <summary>It goes on as it is.</summary>
    Pass,

    /// <summary>It belongs to one connection, or would make the backend believe something of the client: it ends here.</summary>
    Drop,

    /// <summary>It says where the client is: only a trusted proxy's goes on.</summary>
    FromTrusted,

    Connection,
    ContentLength,
    TransferEncoding,
    Via,
    Te,
    Trailer,
    Authorization,
    Cookie,
    Expect,

    /// <summary>The opening handshake of a WebSocket; each side has its own.</summary>
    WebSocket,

    /// <summary>The request id: the service's own goes on.</summary>
    RequestId,

    /// <summary>The trace: where the service traces, its own place in it goes on.</summary>
    Trace,
}

/// <summary>Which headers are relayed, and which end here (RFC 9110 §7.6.1). Names compare without case.</summary>
internal static class HeaderRules
{
    /// <summary>Tells the backend who the caller is; a client's copy never gets through.</summary>
    public const string Identity = "Causeway-Identity";

    /// <summary>What a name may consist of.</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<char> TokenText = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly FrozenDictionary<string, HeaderRule> OfRequests = new Dictionary<string, HeaderRule>
    {
        ["Connection"] = HeaderRule.Connection,
        ["Keep-Alive"] = HeaderRule.Drop,
        ["Proxy-Connection"] = HeaderRule.Drop,
        ["Proxy-Authorization"] = HeaderRule.Drop,
        ["Proxy-Authenticate"] = HeaderRule.Drop,
        ["Proxy-Authentication-Info"] = HeaderRule.Drop,

        // A program run by CGI would take it for its own HTTP_PROXY.
        ["Proxy"] = HeaderRule.Drop,
        ["TE"] = HeaderRule.Te,
        ["Trailer"] = HeaderRule.Drop,
        ["Transfer-Encoding"] = HeaderRule.TransferEncoding,
        ["Upgrade"] = HeaderRule.Drop,
        ["HTTP2-Settings"] = HeaderRule.Drop,
        ["Content-Length"] = HeaderRule.ContentLength,
        ["Host"] = HeaderRule.Drop,
        ["Expect"] = HeaderRule.Expect,
        ["Via"] = HeaderRule.Via,
        ["Forwarded"] = HeaderRule.Drop,
        ["X-Request-Id"] = HeaderRule.RequestId,
        ["traceparent"] = HeaderRule.Trace,
        ["tracestate"] = HeaderRule.Trace,
        [Identity] = HeaderRule.Drop,
        ["Authorization"] = HeaderRule.Authorization,
        ["Cookie"] = HeaderRule.Cookie,
        ["X-Real-IP"] = HeaderRule.Drop,
        ["X-Client-IP"] = HeaderRule.FromTrusted,
        ["X-Cluster-Client-IP"] = HeaderRule.FromTrusted,
        ["Client-IP"] = HeaderRule.FromTrusted,
        ["True-Client-IP"] = HeaderRule.FromTrusted,
        ["CF-Connecting-IP"] = HeaderRule.FromTrusted,
        ["CF-Connecting-IPv6"] = HeaderRule.FromTrusted,
        ["Fastly-Client-IP"] = HeaderRule.FromTrusted,
        ["Fly-Client-IP"] = HeaderRule.FromTrusted,
        ["Sec-WebSocket-Key"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Version"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Protocol"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Extensions"] = HeaderRule.WebSocket,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, HeaderRule> OfResponses = new Dictionary<string, HeaderRule>
    {
        ["Connection"] = HeaderRule.Connection,
        ["Keep-Alive"] = HeaderRule.Drop,
        ["Proxy-Connection"] = HeaderRule.Drop,
        ["Proxy-Authenticate"] = HeaderRule.Drop,
        ["Proxy-Authentication-Info"] = HeaderRule.Drop,
        ["TE"] = HeaderRule.Drop,
        ["Trailer"] = HeaderRule.Trailer,
        ["Transfer-Encoding"] = HeaderRule.TransferEncoding,
        ["Upgrade"] = HeaderRule.Drop,
        ["Content-Length"] = HeaderRule.ContentLength,
        ["Via"] = HeaderRule.Via,

        // It would send clients of this origin to a port of the backend's.
        ["Alt-Svc"] = HeaderRule.Drop,
        ["X-Request-Id"] = HeaderRule.RequestId,
        [Identity] = HeaderRule.Drop,
        ["Sec-WebSocket-Accept"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Protocol"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Extensions"] = HeaderRule.WebSocket,
        ["Sec-WebSocket-Version"] = HeaderRule.WebSocket,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>A name with underscores that many programs (CGI, WSGI) can't tell from one with a rule ends here, whatever the rule.</summary>
    public static HeaderRule OfRequest(string name) =>
        OfRequests.TryGetValue(name, out var rule) ? rule
        : name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase) ? HeaderRule.Drop
        : name[0] == ':' ? HeaderRule.Drop
        : name.Contains('_', StringComparison.Ordinal) && OfRequest(name.Replace('_', '-')) != HeaderRule.Pass ? HeaderRule.Drop
        : HeaderRule.Pass;

    /// <summary>Whether all names can stand in a head of HTTP/1.1. Over HTTP/2 the server takes any ASCII for one, line breaks included.</summary>
    public static bool AreTokens(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            // Those of HTTP/2 itself begin with a colon, and end here.
            if (name[0] != ':' && name.AsSpan().ContainsAnyExcept(TokenText))
            {
                return false;
            }
        }

        return true;
    }

    public static HeaderRule OfResponse(string name) => OfResponses.GetValueOrDefault(name, HeaderRule.Pass);

    /// <summary>Whether <c>Connection</c> names other headers, which then belong to the connection as well.</summary>
    public static bool Nominates(StringValues connection)
    {
        foreach (var line in connection)
        {
            if (line is not null
                && !line.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                && !line.Equals("close", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of the lists has this member.</summary>
    public static bool Lists(StringValues lists, ReadOnlySpan<char> member)
    {
        foreach (var list in lists)
        {
            foreach (var range in list.AsSpan().Split(','))
            {
                if (list.AsSpan(range).Trim(" \t").Equals(member, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
