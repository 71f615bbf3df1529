using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Causeway.Relay;

/// <summary>
/// One thread that waits for sockets, edge-triggered, and runs what waits on them there and then: no queue and no other thread between the kernel's
/// word and the next send. What it runs must not block.
/// </summary>
internal sealed unsafe class ReadinessLoop : IDisposable
{
    private const int Capacity = 256;
    private const long StopMark = -1;

    // The kernel packs struct epoll_event on x86-64 and nowhere else.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - sizeof(long);

    private readonly ConcurrentDictionary<long, PolledSocket> _sockets = new();
    private readonly int _epoll;
    private readonly int _stop;
    private long _last;

    private ReadinessLoop(int epoll, int stop) => (_epoll, _stop) = (epoll, stop);

    /// <summary>Starts a loop; null where the system has no epoll.</summary>
    public static ReadinessLoop? TryStart(string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var epoll = Libc.CreateEpoll(Libc.CloseOnExec);
        var stop = Libc.CreateEvent(0, Libc.CloseOnExec | Libc.NonBlocking);
        var loop = new ReadinessLoop(epoll, stop);
        if (epoll < 0 || stop < 0 || !loop.Control(Libc.Add, stop, Libc.Readable, StopMark))
        {
            loop.Close();
            return null;
        }

        new Thread(loop.Run) { Name = name, IsBackground = true }.Start();
        return loop;
    }

    /// <summary>Begins to watch a socket; its first readiness is told as well.</summary>
    /// <returns>False where the system refuses.</returns>
    public bool TryAdd(PolledSocket socket, int descriptor)
    {
        var mark = Interlocked.Increment(ref _last);
        socket.OnRemove = () => _sockets.TryRemove(mark, out _);
        _sockets[mark] = socket;
        if (Control(Libc.Add, descriptor, Libc.Readable | Libc.Writable | Libc.PeerEnded | Libc.EdgeTriggered, mark))
        {
            return true;
        }

        _sockets.TryRemove(mark, out _);
        return false;
    }

    /// <summary>Ends the thread; what still waits is told that its socket is ready, and finds it closed.</summary>
    public void Dispose()
    {
        var one = 1L;
        _ = Libc.Write(_stop, &one, sizeof(long));
    }

    private bool Control(int operation, int descriptor, uint events, long mark)
    {
        var item = stackalloc byte[16];
        *(uint*)item = events;
        Marshal.WriteInt64((nint)(item + DataOffset), mark);
        return Libc.Control(_epoll, operation, descriptor, item) == 0;
    }

    private void Run()
    {
        var items = stackalloc byte[Capacity * Stride];
        while (true)
        {
            var count = Libc.Wait(_epoll, items, Capacity, -1);
            for (var i = 0; i < count; i++)
            {
                var events = *(uint*)(items + (i * Stride));
                var mark = Marshal.ReadInt64((nint)(items + (i * Stride) + DataOffset));
                if (mark == StopMark)
                {
                    Close();
                    return;
                }

                if (_sockets.TryGetValue(mark, out var socket))
                {
                    socket.OnEvents(events);
                }
            }
        }
    }

    private void Close()
    {
        foreach (var (_, socket) in _sockets)
        {
            socket.OnEvents(Libc.Failed);
        }

        _ = Libc.Close(_stop);
        _ = Libc.Close(_epoll);
    }
}
