using System.Globalization;

namespace Causeway.Relay;

/// <summary>The runtime's own polling of sockets. A socket that was once awaited stays in its set, and each of its bytes would wake a thread of the runtime for nothing.</summary>
internal static unsafe class RuntimePolling
{
    private static int _set = -1;

    /// <summary>Takes a socket out of the runtime's set, on which nothing is awaited any more. Where that fails it only costs time.</summary>
    public static void Forget(int descriptor)
    {
        if (TryForget(Volatile.Read(ref _set), descriptor))
        {
            return;
        }

        foreach (var link in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(link.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var set)
                && new FileInfo(link).LinkTarget is "anon_inode:[eventpoll]"
                && TryForget(set, descriptor))
            {
                Volatile.Write(ref _set, set);
                return;
            }
        }
    }

    private static bool TryForget(int set, int descriptor)
    {
        byte* nothing = stackalloc byte[16];
        return set >= 0 && Libc.Control(set, Libc.Delete, descriptor, nothing) == 0;
    }
}
