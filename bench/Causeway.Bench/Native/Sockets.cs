using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Causeway.Bench.Native;

/// <summary>Non-blocking IPv4 sockets on loopback.</summary>
internal static unsafe class Sockets
{
    private const int Flags = Libc.SockStream | Libc.SockNonBlock | Libc.SockCloseOnExec;

    /// <summary>Starts to connect; the socket becomes writable when that ends.</summary>
    /// <param name="port">The server's port on 127.0.0.1.</param>
    /// <param name="sourceLastBytes">The last two bytes of the own address, so that more connections fit than one address has ports; 0 leaves it to the kernel.</param>
    /// <param name="receiveBufferBytes">A small buffer lets back-pressure reach the server soon; 0 leaves the kernel's.</param>
    public static int StartConnect(int port, int sourceLastBytes, int receiveBufferBytes)
    {
        var fd = Check(Libc.Socket(Libc.AfInet, Flags, 0));
        SetOption(fd, Libc.IpProtoTcp, Libc.TcpNoDelay, 1);
        if (receiveBufferBytes > 0)
        {
            SetOption(fd, Libc.SolSocket, Libc.SoReceiveBuffer, receiveBufferBytes);
        }

        if (sourceLastBytes > 0)
        {
            var source = Libc.SocketAddress.Loopback(0, sourceLastBytes);
            Check(Libc.Bind(fd, &source, sizeof(Libc.SocketAddress)));
        }

        var address = Libc.SocketAddress.Loopback(port);
        if (Libc.Connect(fd, &address, sizeof(Libc.SocketAddress)) < 0 && Marshal.GetLastPInvokeError() != Libc.Einprogress)
        {
            var error = Marshal.GetLastPInvokeError();
            _ = Libc.Close(fd);
            throw new Win32Exception(error, "connect");
        }

        return fd;
    }

    public static int Listen(int port)
    {
        var fd = Check(Libc.Socket(Libc.AfInet, Flags, 0));
        SetOption(fd, Libc.SolSocket, Libc.SoReuseAddress, 1);
        var address = Libc.SocketAddress.Loopback(port);
        Check(Libc.Bind(fd, &address, sizeof(Libc.SocketAddress)));
        Check(Libc.Listen(fd, 4096));
        return fd;
    }

    /// <summary>The next waiting connection, or −1.</summary>
    public static int Accept(int listener)
    {
        var fd = Libc.Accept(listener, null, null, Libc.SockNonBlock | Libc.SockCloseOnExec);
        if (fd >= 0)
        {
            SetOption(fd, Libc.IpProtoTcp, Libc.TcpNoDelay, 1);
        }

        return fd;
    }

    /// <summary>Bytes taken; −1 when the socket is full; −2 when it is broken.</summary>
    public static int Send(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var sent = Libc.Send(fd, start, bytes.Length, Libc.MsgNoSignal);
            return sent >= 0 ? (int)sent : Refused();
        }
    }

    /// <summary>Bytes read; 0 at the end; −1 when nothing is there; −2 when the socket is broken.</summary>
    public static int Receive(int fd, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            var read = Libc.Receive(fd, start, into.Length, 0);
            return read >= 0 ? (int)read : Refused();
        }
    }

    public static int PendingError(int fd)
    {
        int error = 0, length = sizeof(int);
        return Libc.GetSocketOption(fd, Libc.SolSocket, Libc.SoError, &error, &length) < 0 ? Marshal.GetLastPInvokeError() : error;
    }

    public static int LocalPort(int fd)
    {
        Libc.SocketAddress address;
        var length = sizeof(Libc.SocketAddress);
        Check(Libc.GetSocketName(fd, &address, &length));
        return BinaryPrimitives.ReverseEndianness(address.Port);
    }

    /// <summary>Closes with a reset, so that no port waits for two minutes and no unsent byte lingers.</summary>
    public static void Reset(int fd)
    {
        Span<int> linger = [1, 0];
        fixed (int* value = linger)
        {
            _ = Libc.SetSocketOption(fd, Libc.SolSocket, Libc.SoLinger, value, 2 * sizeof(int));
        }

        _ = Libc.Close(fd);
    }

    private static void SetOption(int fd, int level, int name, int value) => Check(Libc.SetSocketOption(fd, level, name, &value, sizeof(int)));

    private static int Refused() => Marshal.GetLastPInvokeError() is Libc.Eagain or Libc.Eintr ? -1 : -2;

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());
}
