using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Causeway.Bench.Native;

/// <summary>A level-triggered epoll set; every descriptor carries one number of its owner's.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint In = 1;
    public const uint Out = 4;
    public const uint Error = 8;
    public const uint HangUp = 16;

    private const int Capacity = 1024;

    // The kernel packs struct epoll_event on x86-64 and nowhere else.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - 8;

    private readonly int _fd = Libc.EpollCreate(Libc.SockCloseOnExec);
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * Stride));

    public void Add(int fd, uint events, long data) => Control(1, fd, events, data);

    public void Change(int fd, uint events, long data) => Control(3, fd, events, data);

    /// <summary>How many events there are; their content is read by <see cref="Events"/> and <see cref="Data"/> until the next call.</summary>
    public int Wait(int timeoutMs)
    {
        var count = Libc.EpollWait(_fd, _events, Capacity, timeoutMs);
        return Math.Max(count, 0);
    }

    public uint Events(int index) => *(uint*)(_events + (index * Stride));

    public long Data(int index) => Marshal.ReadInt64((nint)(_events + (index * Stride) + DataOffset));

    public void Dispose()
    {
        _ = Libc.Close(_fd);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int fd, uint events, long data)
    {
        var item = stackalloc byte[16];
        *(uint*)item = events;
        Marshal.WriteInt64((nint)(item + DataOffset), data);
        if (Libc.EpollControl(_fd, operation, fd, item) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
