using System.Collections.Frozen;

namespace Causeway.Http;

/// <summary>Request headers by which proxies, tunnels and delivery networks give themselves away.</summary>
internal static class ForwardingHeaders
{
    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Forwarded", "Via", "X-Real-IP", "True-Client-IP", "Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-Ip", "X-Remote-Addr",
        "X-Remote-IP", "Fastly-Client-IP", "CDN-Loop", "X-Host", "X-Scheme", "X-URL-Scheme", "Front-End-Https", "X-ARR-LOG-ID", "X-ARR-SSL");

    // Ours of the forwarded-headers middleware (X-Original-) are among them: it takes the forwarding headers away.
    private static readonly string[] Prefixes =
        ["X-Forwarded", "X-Original-", "CF-", "Fly-", "Tailscale-", "Ngrok-", "X-Envoy-", "X-Azure-", "X-Amz-Cf-", "X-Amzn-", "X-Appengine-", "X-Vercel-"];

    public static bool Contains(string name)
    {
        if (Names.Contains(name))
        {
            return true;
        }

        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
