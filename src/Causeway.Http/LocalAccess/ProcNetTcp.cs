using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Causeway.Http;

/// <summary>Finds one TCP socket in <c>/proc/net/tcp</c> and <c>tcp6</c>, where the kernel answers no netlink questions (gVisor, some containers).</summary>
internal static class ProcNetTcp
{
    private const string Established = "01";

    public static SocketState? Find(IPEndPoint near, IPEndPoint far)
    {
        // An IPv4 peer may hold an IPv6 socket; it is then listed with mapped addresses.
        return near.AddressFamily == AddressFamily.InterNetwork
            ? FindIn("/proc/net/tcp", near, far) ?? FindIn("/proc/net/tcp6", Mapped(near), Mapped(far))
            : FindIn("/proc/net/tcp6", near, far);
    }

    private static SocketState? FindIn(string path, IPEndPoint near, IPEndPoint far)
    {
        var nearText = Format(near);
        var farText = Format(far);
        try
        {
            foreach (var line in File.ReadLines(path))
            {
                // sl  local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
                var fields = line.Split(' ', 11, StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9
                    && fields[1] == nearText
                    && fields[2] == farText
                    && uint.TryParse(fields[7], NumberStyles.None, CultureInfo.InvariantCulture, out var user)
                    && uint.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
                {
                    return new SocketState(fields[3] == Established, user, inode);
                }
            }
        }
        catch (IOException)
        {
            // Not readable here means unknown, which is not local.
        }
        catch (UnauthorizedAccessException)
        {
        }

        return null;
    }

    /// <summary>As the kernel prints it: each 32-bit word of the address in the machine's own byte order, then the port, in hexadecimal.</summary>
    private static string Format(IPEndPoint endPoint)
    {
        var words = MemoryMarshal.Cast<byte, uint>(endPoint.Address.GetAddressBytes());
        var text = new System.Text.StringBuilder(37);
        foreach (var word in words)
        {
            text.Append(CultureInfo.InvariantCulture, $"{word:X8}");
        }

        return text.Append(CultureInfo.InvariantCulture, $":{endPoint.Port:X4}").ToString();
    }

    private static IPEndPoint Mapped(IPEndPoint endPoint) => new(endPoint.Address.MapToIPv6(), endPoint.Port);
}
