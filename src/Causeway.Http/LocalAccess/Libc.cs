using System.Runtime.InteropServices;

namespace Causeway.Http;

/// <summary>The few calls of Linux that the platform doesn't offer.</summary>
internal static partial class Libc
{
    private const int AddressFamilyNetlink = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int NetlinkSockDiag = 4;
    private const int DontWait = 0x40;
    private const int DirectoryCloseOnExec = 0x10000 | 0x80000;

    public static uint GetEffectiveUserId() => geteuid();

    /// <summary>A netlink socket for <c>sock_diag</c>, or a negative number.</summary>
    public static int OpenSocketDiagnosis() => socket(AddressFamilyNetlink, RawCloseOnExec, NetlinkSockDiag);

    public static int Send(int descriptor, ReadOnlySpan<byte> bytes) => (int)send(descriptor, bytes, (nuint)bytes.Length, 0);

    public static int ReceiveNow(int descriptor, Span<byte> bytes) => (int)recv(descriptor, bytes, (nuint)bytes.Length, DontWait);

    public static void CloseDescriptor(int descriptor) => _ = close(descriptor);

    /// <summary>Brings a directory's entries to the disk, so that a file renamed into it is there after a power failure. Does nothing where that can't be done.</summary>
    public static void SyncDirectory(string path)
    {
        var descriptor = open(path, DirectoryCloseOnExec);
        if (descriptor >= 0)
        {
            _ = fsync(descriptor);
            CloseDescriptor(descriptor);
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial nint send(int descriptor, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int descriptor, Span<byte> bytes, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
