using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Causeway.Hosting;

/// <summary>One address of a service as the sockets it will be bound to.</summary>
/// <param name="Url">As it was configured.</param>
/// <param name="EndPoints">The sockets; none for port 0 and for sockets in the file system, which nobody else can hold.</param>
internal sealed record ListenAddress(string Url, IReadOnlyList<IPEndPoint> EndPoints)
{
    /// <summary>Reads an address as the web server does; one it would not take has no sockets, and fails there.</summary>
    public static ListenAddress Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return new ListenAddress(url, address.IsUnixPipe || address.IsNamedPipe || address.Port == 0 ? [] : [.. Resolve(address.Host, address.Port)]);
        }
        catch (FormatException)
        {
            return new ListenAddress(url, []);
        }
    }

    /// <summary>Both loopback addresses, and every address, of a port.</summary>
    public static IReadOnlyList<IPEndPoint> Everywhere(int port) => [.. Resolve("localhost", port), .. Resolve("*", port)];

    /// <summary>Whether nobody is in the way of binding there now.</summary>
    /// <returns>False where it is held; true where it is free or where something else is wrong with it, which the web server says better.</returns>
    public static bool IsFree(IPEndPoint endPoint) => TryBind(endPoint) != SocketError.AddressAlreadyInUse;

    /// <summary>What binding there would come to now. Asked of the kernel, since its tables don't tell everything.</summary>
    public static SocketError TryBind(IPEndPoint endPoint)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            // Bound and never listening: nobody can connect to it meanwhile.
            socket.Bind(endPoint);
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }

    private static IEnumerable<IPEndPoint> Resolve(string host, int port)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            yield return new IPEndPoint(IPAddress.Loopback, port);
            if (Socket.OSSupportsIPv6)
            {
                yield return new IPEndPoint(IPAddress.IPv6Loopback, port);
            }
        }
        else
        {
            // Any name is taken for "every address".
            yield return new IPEndPoint(
                IPAddress.TryParse(host.AsSpan().Trim("[]"), out var ip) ? ip : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
        }
    }
}
