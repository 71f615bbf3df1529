using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Causeway.Relay;

/// <summary>What this service calls itself in <c>Via</c> (RFC 9110 §7.6.3): one name per process, so that a request that comes back is known.</summary>
internal static class RelayName
{
    /// <summary>The pseudonym.</summary>
    public static string Pseudonym { get; } = "causeway-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>The whole header of what the service sends by itself, and of what came over HTTP/1.1.</summary>
    public static string Via { get; } = "1.1 " + Pseudonym;

    /// <summary>Whether the request was here before.</summary>
    public static bool IsLoop(StringValues via)
    {
        foreach (var line in via)
        {
            if (line is not null && line.Contains(Pseudonym, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The header with this service added.</summary>
    /// <param name="before">The header as it came.</param>
    /// <param name="protocol">What the message came over, as in <c>HTTP/1.1</c>.</param>
    public static string Append(StringValues before, string protocol)
    {
        var own = protocol is "HTTP/1.1" ? Via : $"{protocol.AsSpan(protocol.IndexOf('/', StringComparison.Ordinal) + 1)} {Pseudonym}";
        return before.Count == 0 ? own : $"{before}, {own}";
    }
}
