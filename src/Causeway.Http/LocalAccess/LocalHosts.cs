using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>The names of this machine that no foreign name server can point elsewhere.</summary>
internal static class LocalHosts
{
    public static bool Contains(HostString host) => Contains(host.Host);

    public static bool Contains(string host) =>
        host is "127.0.0.1" or "[::1]" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
