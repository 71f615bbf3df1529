using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Causeway.EndToEnd;

/// <summary>The signals that tests send.</summary>
internal enum Signal
{
    /// <summary>Read the configuration again.</summary>
    Hangup = 1,

    /// <summary>Stop now, no clean-up.</summary>
    Kill = 9,

    /// <summary>Please stop.</summary>
    Terminate = 15,

    /// <summary>Run on.</summary>
    Continue = 18,

    /// <summary>Stand still.</summary>
    Stop = 19,
}

/// <summary>Signals to processes that a test started.</summary>
internal static class Signals
{
    /// <summary>Sends a signal; a process that has ended is no error.</summary>
    public static void Send(this Process process, Signal signal)
    {
        if (!process.HasExited)
        {
            _ = kill(process.Id, (int)signal);
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054, IDE1006, CA5392 // One call of two integers needs no generated code; the name is the C library's.
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054, IDE1006, CA5392
}
