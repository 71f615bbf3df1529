using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Ends the process without waiting for anything that may hang.</summary>
internal static class ProcessExit
{
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    public static void AtOnce(int code, IEnumerable<ILoggerProvider> logs)
    {
        // Disposing a provider is the only way to flush it, and may hang on a full pipe: hence the limit, and hence not on this thread.
        var flush = new Thread(() =>
        {
            foreach (var log in logs)
            {
                log.Dispose();
            }

            Console.Out.Flush();
        })
        { IsBackground = true };
        flush.Start();
        flush.Join(FlushLimit);

        // Environment.Exit runs handlers that may wait for the very thing that hangs.
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(code);
        }
        else
        {
            Exit(code);
        }
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Exit(int code);
}
