using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Causeway.Http;

/// <summary>Asks Linux for one TCP socket by its two ends (<c>sock_diag(7)</c>): one hash look-up in the kernel, however many connections there are.</summary>
internal static class SocketDiagnosis
{
    private const int HeaderBytes = 16;
    private const int RequestBytes = HeaderBytes + 56;
    private const int ReplyBytes = HeaderBytes + 72;
    private const ushort ErrorMessage = 2;
    private const ushort SockDiagByFamily = 20;
    private const ushort RequestFlag = 1;
    private const byte Inet = 2;
    private const byte Inet6 = 10;
    private const byte Tcp = 6;
    private const byte Established = 1;
    private const int NotFound = -2; // ENOENT

    /// <summary>The socket whose near end is <paramref name="near"/> and whose far end is <paramref name="far"/>; null where there is none.</summary>
    /// <param name="near">The socket's own address.</param>
    /// <param name="far">Its peer's address.</param>
    /// <param name="isAvailable">False where the kernel doesn't answer such questions, so that null means nothing.</param>
    public static SocketState? Find(IPEndPoint near, IPEndPoint far, out bool isAvailable)
    {
        isAvailable = false;
        if (near.AddressFamily != far.AddressFamily)
        {
            return null;
        }

        Span<byte> request = stackalloc byte[RequestBytes];
        request.Clear();
        WriteRequest(request, near, far);
        Span<byte> reply = stackalloc byte[256];
        var length = Ask(request, reply);
        if (length < HeaderBytes + sizeof(int))
        {
            return null;
        }

        var type = MemoryMarshal.Read<ushort>(reply[4..]);
        if (type == ErrorMessage)
        {
            isAvailable = MemoryMarshal.Read<int>(reply[HeaderBytes..]) == NotFound;
            return null;
        }

        if (type != SockDiagByFamily || length < ReplyBytes)
        {
            return null;
        }

        isAvailable = true;
        var message = reply[HeaderBytes..];

        // Without a connection the kernel offers a listener of that address; the ports tell them apart.
        return BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == near.Port && BinaryPrimitives.ReadUInt16BigEndian(message[6..]) == far.Port
            ? new SocketState(message[1] == Established, MemoryMarshal.Read<uint>(message[64..]), MemoryMarshal.Read<uint>(message[68..]))
            : null;
    }

    // struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
    // struct inet_diag_req_v2 { u8 family, protocol, ext, pad; u32 states; { be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2]; } }
    private static void WriteRequest(Span<byte> request, IPEndPoint near, IPEndPoint far)
    {
        MemoryMarshal.Write(request, (uint)RequestBytes);
        MemoryMarshal.Write(request[4..], SockDiagByFamily);
        MemoryMarshal.Write(request[6..], RequestFlag);
        var body = request[HeaderBytes..];
        body[0] = near.AddressFamily == AddressFamily.InterNetworkV6 ? Inet6 : Inet;
        body[1] = Tcp;
        MemoryMarshal.Write(body[4..], uint.MaxValue);
        BinaryPrimitives.WriteUInt16BigEndian(body[8..], (ushort)near.Port);
        BinaryPrimitives.WriteUInt16BigEndian(body[10..], (ushort)far.Port);
        near.Address.TryWriteBytes(body[12..], out _);
        far.Address.TryWriteBytes(body[28..], out _);
        body.Slice(48, 8).Fill(0xff); // INET_DIAG_NOCOOKIE
    }

    private static int Ask(ReadOnlySpan<byte> request, Span<byte> reply)
    {
        var descriptor = Libc.OpenSocketDiagnosis();
        if (descriptor < 0)
        {
            return -1;
        }

        try
        {
            // The kernel answers within the send, so the reply is there or never comes.
            return Libc.Send(descriptor, request) == request.Length ? Libc.ReceiveNow(descriptor, reply) : -1;
        }
        finally
        {
            Libc.CloseDescriptor(descriptor);
        }
    }
}
