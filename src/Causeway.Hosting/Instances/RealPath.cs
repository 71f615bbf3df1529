using System.Runtime.InteropServices;
using System.Text;

namespace Causeway.Hosting;

/// <summary>Paths as the kernel lists them among a process's open files: every symbolic link on the way resolved.</summary>
internal static class RealPath
{
    private const int MaxBytes = 4_096;

    /// <summary>The path without links; null where nothing is there or this system is not Linux.</summary>
    public static string? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var resolved = new byte[MaxBytes];
        return Resolve(path, resolved) == 0 ? null : Encoding.UTF8.GetString(resolved, 0, Array.IndexOf(resolved, (byte)0));
    }

    [DllImport("libc", EntryPoint = "realpath", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Resolve([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] resolved);
}
