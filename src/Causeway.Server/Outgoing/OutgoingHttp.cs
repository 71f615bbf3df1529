using System.Net;
using System.Net.Sockets;
using Causeway.Concurrency;

namespace Causeway.Server;

/// <summary>How the service's own requests reach other hosts: pooled connections that are renewed before names have moved on, and the first address that answers.</summary>
internal static class OutgoingHttp
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    /// <summary>RFC 8305's delay between two attempts.</summary>
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The <c>Via</c> of the service's own requests: one that comes back to it is never taken for somebody's on this machine.</summary>
    public const string Via = "1.1 causeway";

    /// <summary>Creates a handler. No proxy, no cookies, no redirects: requests go where they are told to, and nowhere else.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="mayReach">Asked of each address before it is connected to, after names were looked up; null for any. Where none may be, requests end with <see cref="AddressRefusedException"/>.</param>
    public static SocketsHttpHandler CreateHandler(TimeProvider time, Predicate<IPAddress>? mayReach = null) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = ConnectLimit,
        PooledConnectionLifetime = ConnectionLife,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (context, cancellationToken) => await ConnectAsync(context.DnsEndPoint, mayReach, time, cancellationToken),
    };

    /// <summary>Connects to whichever address of a name answers first (RFC 8305): one that is dead costs a quarter of a second, not a time-out.</summary>
    /// <exception cref="AggregateException">No address answered; with every reason.</exception>
    /// <exception cref="SocketException">The name is not known.</exception>
    /// <exception cref="AddressRefusedException">None of its addresses may be connected to.</exception>
    internal static async Task<Stream> ConnectAsync(DnsEndPoint target, Predicate<IPAddress>? mayReach, TimeProvider time, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        if (mayReach is not null && addresses.Length > 0)
        {
            addresses = Array.FindAll(addresses, mayReach);
            if (addresses.Length == 0)
            {
                throw new AddressRefusedException(target.Host);
            }
        }

        return await ConnectAsync(addresses, target.Port, time, cancellationToken);
    }

    /// <inheritdoc cref="ConnectAsync(DnsEndPoint, Predicate{IPAddress}, TimeProvider, CancellationToken)"/>
    internal static async Task<Stream> ConnectAsync(IReadOnlyList<IPAddress> addresses, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        if (addresses.Count == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        var socket = await Race.FirstSuccessAsync(
            [.. Alternating(addresses).Select(address => (Func<CancellationToken, Task<Socket>>)(token => ConnectAsync(new IPEndPoint(address, port), token)))],
            AttemptDelay, static late => late.Dispose(), time, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The two families in turn, beginning with the resolver's first choice: one family that leads nowhere must not come first all through.</summary>
    internal static IEnumerable<IPAddress> Alternating(IReadOnlyList<IPAddress> addresses)
    {
        var preferred = addresses[0].AddressFamily;
        var (first, second) = (addresses.Where(address => address.AddressFamily == preferred).ToList(), addresses.Where(address => address.AddressFamily != preferred).ToList());
        for (var i = 0; i < Math.Max(first.Count, second.Count); i++)
        {
            if (i < first.Count)
            {
                yield return first[i];
            }

            if (i < second.Count)
            {
                yield return second[i];
            }
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
