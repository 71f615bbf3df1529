using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>The names of this machine that no foreign name server can point elsewhere.</summary>
public static class LocalHosts
{
    /// <summary>Whether it is <c>localhost</c>, <c>127.0.0.1</c> or <c>[::1]</c>, with any port.</summary>
    public static bool Contains(HostString host) => Contains(host.Host);

    internal static bool Contains(string host) =>
        host is "127.0.0.1" or "[::1]" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
