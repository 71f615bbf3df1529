using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>The TCP sockets of this network namespace, read from <c>/proc/net</c>: no other program is needed.</summary>
internal static class TcpTable
{
    private static readonly string[] Files = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Every socket whose own port is this one, but for those that never stand in anybody's way (TIME_WAIT).</summary>
    public static IReadOnlyList<TcpSocket> WithLocalPort(int port)
    {
        var found = new List<TcpSocket>();
        var suffix = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (var file in Files)
        {
            try
            {
                found.AddRange(File.ReadLines(file).Select(line => Parse(line, suffix)).OfType<TcpSocket>());
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A kernel without IPv6 has no tcp6; a sandbox may hide both. The bind itself then says that the port is held.
            }
        }

        return found;
    }

    /// <summary>One line of the table; null where it is about another port, a heading, or TIME_WAIT.</summary>
    internal static TcpSocket? Parse(string line, string portSuffix)
    {
        // sl  local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
        var fields = line.Split(' ', 11, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 9
            && fields[1].EndsWith(portSuffix, StringComparison.Ordinal)
            && TryParseEndPoint(fields[1], out var local)
            && TryParseEndPoint(fields[2], out var remote)
            && int.TryParse(fields[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var state)
            && uint.TryParse(fields[7], NumberStyles.None, CultureInfo.InvariantCulture, out var user)
            && ulong.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            && state != TcpSocket.TimeWait
            ? new TcpSocket(local, remote, state, user, inode)
            : null;
    }

    /// <summary>As the kernel prints it: each 32-bit word of the address in the machine's own byte order, then the port, in hexadecimal.</summary>
    private static bool TryParseEndPoint(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.None, 0);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32) || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        Span<uint> words = stackalloc uint[colon / 8];
        for (var i = 0; i < words.Length; i++)
        {
            if (!uint.TryParse(text.AsSpan(i * 8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out words[i]))
            {
                return false;
            }
        }

        endPoint = new IPEndPoint(new IPAddress(MemoryMarshal.AsBytes(words)), port);
        return true;
    }
}
