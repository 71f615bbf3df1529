using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Causeway.Relay;

/// <summary>Where a path leads once every symbolic link in it is followed.</summary>
internal static class RealPath
{
    // The most a Unix kernel takes; realpath(3) writes no more.
    private const int MaxBytes = 4_096;

    /// <summary>The path without links; null where nothing is there.</summary>
    /// <param name="path">A full path.</param>
    public static string? Of(string path) => OperatingSystem.IsWindows() ? OfComponents(path) : OfUnix(path);

    private static string? OfUnix(string path)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        try
        {
            return Resolve(path, buffer) == 0 ? null : Encoding.UTF8.GetString(buffer.AsSpan(0, buffer.AsSpan().IndexOf((byte)0)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? OfComponents(string path)
    {
        var root = Path.GetPathRoot(path) ?? "";
        var real = root;
        foreach (var name in path[root.Length..].Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar))
        {
            real = Path.Join(real, name);
            FileSystemInfo entry = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            if (!entry.Exists)
            {
                return null;
            }

            real = entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? real;
        }

        return real;
    }

    [DllImport("libc", EntryPoint = "realpath", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Resolve([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] resolved);
}
