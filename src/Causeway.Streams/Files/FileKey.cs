using Microsoft.Win32.SafeHandles;

namespace Causeway.Streams;

/// <summary>Which file it is, whatever its name: device, inode and birth on Linux; elsewhere its birth alone.</summary>
/// <remarks>An inode can be given to a new file once the old one is gone; its birth, where the file system keeps it, and the content's first line (<see cref="Generation.Identity"/>) tell them apart.</remarks>
internal readonly record struct FileKey(ulong Device, ulong Inode, long Birth)
{
    /// <summary>The file at a path; null where there is none that can be followed (a directory or a pipe can't).</summary>
    public static FileKey? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.Exists(path) ? new FileKey(0, 0, File.GetCreationTimeUtc(path).Ticks) : null;
        }

        return Libc.TryStat(path, out var status) && status.IsRegularFile ? From(status) : null;
    }

    /// <summary>The open file.</summary>
    /// <exception cref="IOException">It can't be looked at.</exception>
    public static FileKey Of(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new FileKey(0, 0, File.GetCreationTimeUtc(file).Ticks);
        }

        return Libc.TryStat(file, out var status) ? From(status) : throw new IOException("The open file can't be looked at.");
    }

    private static FileKey From(in Libc.Statx status) => new(
        ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
        status.Inode,
        status.HasBirth ? (status.BirthSeconds * 1_000_000_000) + status.BirthNanoseconds : 0);
}
