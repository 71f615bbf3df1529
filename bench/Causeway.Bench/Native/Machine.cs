using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Causeway.Bench.Native;

/// <summary>Cores, limits and clocks of the machine.</summary>
internal static unsafe class Machine
{
    /// <summary>Cores of the machine, whatever this process is pinned to.</summary>
    public static int Cores { get; } = File.ReadLines("/proc/cpuinfo").Count(static line => line.StartsWith("processor", StringComparison.Ordinal));

    public static string Processor { get; } = File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";

    /// <summary>CPU time of this process, all threads.</summary>
    public static double CpuSeconds
    {
        get
        {
            var time = stackalloc long[2];
            _ = Libc.ClockGetTime(Libc.ClockProcessCpu, time);
            return time[0] + (time[1] / 1e9);
        }
    }

    /// <summary>Pins every thread of this process; threads to come inherit it.</summary>
    public static void PinProcess(int core)
    {
        foreach (var task in Directory.GetDirectories("/proc/self/task"))
        {
            Pin(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), core, mustWork: false);
        }
    }

    /// <summary>Runs <paramref name="start"/> pinned to a core: a process it starts inherits the pin and sees one processor from its first instruction on.</summary>
    public static T StartOn<T>(int core, int backTo, Func<T> start)
    {
        Pin(0, core, mustWork: true);
        try
        {
            return start();
        }
        finally
        {
            Pin(0, backTo, mustWork: true);
        }
    }

    /// <summary>Raises the limit of open files as far as this user may.</summary>
    public static int RaiseFileLimit(int wanted)
    {
        var limit = stackalloc ulong[2];
        _ = Libc.GetLimit(Libc.RlimitNoFile, limit);
        var target = stackalloc ulong[2];
        target[0] = Math.Max(limit[1], (ulong)wanted);
        target[1] = target[0];
        if (Libc.SetLimit(Libc.RlimitNoFile, target) < 0)
        {
            target[0] = target[1] = limit[1];
            _ = Libc.SetLimit(Libc.RlimitNoFile, target);
        }

        return (int)Math.Min(target[0], int.MaxValue);
    }

    private static void Pin(int threadId, int core, bool mustWork)
    {
        var mask = 1UL << core;
        if (Libc.SetAffinity(threadId, sizeof(ulong), &mask) < 0 && mustWork)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "sched_setaffinity");
        }
    }
}
