using System.Net.Sockets;

namespace Causeway.WebSockets;

/// <summary>Keeps the kernel from hiding a slow peer: by default it takes megabytes for a peer that reads nothing.</summary>
internal static class SocketTuning
{
    private const int HiddenBytes = 128 * 1024;
    private const int Tcp = 6;
    private const int TcpNotSentLowWater = 25;

    /// <summary>Caps what waits unsent in the kernel, and sends small frames at once.</summary>
    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux())
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, HiddenBytes);
            socket.SetRawSocketOption(Tcp, TcpNotSentLowWater, value);
        }
        else
        {
            socket.SendBufferSize = HiddenBytes;
        }
    }
}
