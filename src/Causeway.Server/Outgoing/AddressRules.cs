using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Causeway.Server;

/// <summary>
/// Which addresses the service may be sent to by what somebody wrote down: public ones. What is only reachable from inside (this machine, its networks, link-local
/// services such as a cloud's metadata) must be allowed by the configuration.
/// </summary>
internal static class AddressRules
{
    // What IANA's registries of special-purpose addresses don't have as globally reachable, and multicast.
    private static readonly System.Net.IPNetwork[] Inside =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8",
        }.Select(static text => System.Net.IPNetwork.Parse(text)),
    ];

    private static readonly System.Net.IPNetwork Nat64 = System.Net.IPNetwork.Parse("64:ff9b::/96");
    private static readonly System.Net.IPNetwork SixToFour = System.Net.IPNetwork.Parse("2002::/16");

    /// <summary>Whether an address is public, and none of this machine's own.</summary>
    public static bool IsPublic(IPAddress address) => !IsInside(address) && !IsOwn(address);

    /// <summary>Whether an address is by its number one that is not reachable from everywhere. An IPv4 address within an IPv6 one counts as itself.</summary>
    public static bool IsInside(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (address.IsIPv4MappedToIPv6)
            {
                return IsInside(address.MapToIPv4());
            }

            var bytes = address.GetAddressBytes();
            if (Nat64.Contains(address) && IsInside(new IPAddress(bytes.AsSpan(12, 4))) || SixToFour.Contains(address) && IsInside(new IPAddress(bytes.AsSpan(2, 4))))
            {
                return true;
            }

            address = new IPAddress(bytes);
        }

        return Array.Exists(Inside, network => network.Contains(address));
    }

    // A service with a public address would else reach itself by that one.
    private static bool IsOwn(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces().SelectMany(static device => device.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
        }
        catch (NetworkInformationException)
        {
            // What can't be found out is not allowed.
            return true;
        }
    }
}

/// <summary>A request was not made, since it would have gone to an address that the configuration does not allow.</summary>
internal sealed class AddressRefusedException(string host) : HttpRequestException($"{host} is an address of this machine or of a private network.");
