using System.Net;
using System.Net.Sockets;

namespace Causeway.Testing;

/// <summary>Ports that nobody uses right now.</summary>
/// <remarks>
/// For a process that must be told its port before it starts. Whoever can should bind port 0 instead.
/// The port is below the ephemeral range, so that no client connection of a parallel test takes it meanwhile.
/// </remarks>
public static class FreePort
{
    private const int First = 15_000;
    private const int Last = 32_000;
    private static int _next = First + Random.Shared.Next(Last - First);

    /// <summary>A port on which nothing listens; never the same twice in a row within one process.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < Last - First; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % (Last - First));
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {Last}.");
    }
}
