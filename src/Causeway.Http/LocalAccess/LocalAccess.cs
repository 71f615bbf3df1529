using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Http;

/// <summary>Tells whether a request comes from the person at this machine, who is admin without a credential.</summary>
/// <remarks>
/// All of it must hold: the exposure is local; both ends of the connection itself are loopback, whatever headers say; on Linux the peer's socket
/// belongs to the service's own user or to root (elsewhere the owner can't be read, and the other conditions decide); <c>Host</c> is
/// <c>localhost</c>, <c>127.0.0.1</c> or <c>[::1]</c>; <c>Origin</c> is absent or the same; <c>Sec-Fetch-Site</c> is absent, <c>none</c> or
/// <c>same-origin</c>; and no header tells of a proxy. What can't be found out counts as not local.
/// </remarks>
public static class LocalAccess
{
    /// <summary>Whether the request is local; <c>AddLocalAccess</c> must have been called, else none is.</summary>
    public static bool IsLocal(HttpContext context) => Explain(context) is null;

    /// <summary>Whether the request is local under this exposure.</summary>
    public static bool IsLocal(HttpContext context, Exposure exposure) => Explain(context, exposure) is null;

    /// <summary>Which condition makes the request not local, for logs and diagnosis; null if it is local.</summary>
    public static string? Explain(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.RequestServices?.GetService<Exposure>() is { } exposure ? Explain(context, exposure) : "local access is not set up";
    }

    /// <summary>Which condition makes the request not local under this exposure; null if it is local.</summary>
    public static string? Explain(HttpContext context, Exposure exposure)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(exposure);
        if (!exposure.IsLocal)
        {
            return "the service is exposed";
        }

        // The cheap tests first. The connection's own end points are read, not HttpContext.Connection, which forwarding headers may rewrite.
        if (!ConnectionEnds.TryGet(context.Features, out var peer, out var own))
        {
            return "the transport does not tell the peer's address";
        }

        if (!IPAddress.IsLoopback(peer.Address) || !IPAddress.IsLoopback(own.Address))
        {
            return "the connection is not from loopback to loopback";
        }

        var request = context.Request;
        if (!LocalHosts.Contains(request.Host))
        {
            return "Host is not localhost, 127.0.0.1 or [::1]";
        }

        if (!OriginPolicy.IsSameOriginOrAllowed(context, []))
        {
            return "Origin is not the server's own";
        }

        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site is not ["same-origin" or "none"])
        {
            return "Sec-Fetch-Site says that another site asks";
        }

        foreach (var (name, _) in request.Headers)
        {
            if (ForwardingHeaders.Contains(name))
            {
                return $"the header {name} tells of a proxy";
            }
        }

        return PeerOwner.IsTrusted(context.Features.Get<IConnectionIdFeature>()?.ConnectionId, peer, own)
            ? null
            : "the peer's socket belongs to another user, or its owner is not known";
    }
}
