using System.Runtime.InteropServices;
using System.Text;

namespace Causeway.Hosting;

/// <summary>Files that only the service's own user can read. They are never, not even for a moment, open to others or half written.</summary>
public static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file with mode 0600, under its name only once it is complete and on disk. What was there before is replaced.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="IOException">It can't be written; what was there before still is.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, overwrite: true);

    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte})"/>
    public static void Write(string path, string content) => Write(path, Encoding.UTF8.GetBytes(content));

    /// <summary>Writes a file that must not be there yet, such as a key made once. Of several processes at the same time one wins.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">All of it.</param>
    /// <returns>False when it was there already; then nothing was changed.</returns>
    /// <exception cref="IOException">It can't be written.</exception>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        if (File.Exists(path))
        {
            return false;
        }

        try
        {
            Write(path, content, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <summary>Reads what <see cref="Write(string, ReadOnlySpan{byte})"/> wrote; a link, which may lead to a device without an end, was not written by it.</summary>
    /// <exception cref="InvalidDataException">It is a link, or longer than that.</exception>
    internal static byte[] Read(string path, int maxBytes) => new FileInfo(path) is { LinkTarget: null } file && file.Length <= maxBytes
        ? File.ReadAllBytes(path)
        : throw new InvalidDataException($"{path} is a link, or longer than {maxBytes} bytes.");

    private static void Write(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        var partial = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        try
        {
            using (var file = new FileStream(partial, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            Place(partial, path, overwrite);
        }
        finally
        {
            // Gone already when it was moved.
            File.Delete(partial);
        }
    }

    private static void Place(string partial, string path, bool overwrite)
    {
        if (overwrite || OperatingSystem.IsWindows())
        {
            File.Move(partial, path, overwrite);
        }
        else if (Link(partial, path) != 0)
        {
            // File.Move looks first and moves then, so two processes may both win; link(2) looks and links in one.
            throw new IOException($"{path} can't be created: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string created);
}
