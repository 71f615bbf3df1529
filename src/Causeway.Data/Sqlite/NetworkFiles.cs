namespace Causeway.Data;

/// <summary>Tells file systems on which other machines may hold the same file: their locks and shared memory are not what SQLite needs.</summary>
internal static class NetworkFiles
{
    private static readonly string[] Systems =
    [
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.cephfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
        "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "smb", "smb2", "smb3", "smbfs", "v9fs", "webdav",
    ];

    /// <summary>The network file system that a path lies on; null for one that isn't such, or can't be told.</summary>
    public static string? SystemOf(string path)
    {
        var real = RealDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (OperatingSystem.IsLinux())
        {
            try
            {
                return SystemOf(real, File.ReadLines("/proc/self/mountinfo"));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        try
        {
            var drive = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(real)! : real);
            return drive.DriveType == DriveType.Network || IsNetwork(drive.DriveFormat) ? drive.DriveFormat : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A Windows share has no drive: \\server\share.
            return OperatingSystem.IsWindows() && real.StartsWith(@"\\", StringComparison.Ordinal) ? "share" : null;
        }
    }

    /// <summary>The same, by a table of mounts as Linux writes it (<c>36 35 98:0 /root /mount options - type source options</c>).</summary>
    public static string? SystemOf(string path, IEnumerable<string> mounts)
    {
        var (longest, system) = (-1, "");
        foreach (var line in mounts)
        {
            var dash = line.IndexOf(" - ", StringComparison.Ordinal);
            var fields = line.Split(' ');
            if (dash < 0 || fields.Length < 5)
            {
                continue;
            }

            // Later lines lie above earlier ones of the same place.
            var mount = Unescape(fields[4]);
            if (mount.Length >= longest && Contains(mount, path))
            {
                (longest, system) = (mount.Length, line[(dash + 3)..].Split(' ')[0]);
            }
        }

        return IsNetwork(system) ? system : null;
    }

    private static bool IsNetwork(string system) => Systems.Contains(system, StringComparer.OrdinalIgnoreCase);

    private static bool Contains(string mount, string path) =>
        mount == "/" || path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal);

    private static string Unescape(string field) => field.Contains('\\', StringComparison.Ordinal)
        ? field.Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal)
        : field;

    private static string RealDirectory(string directory)
    {
        var real = Path.GetPathRoot(directory)!;
        foreach (var part in directory[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            try
            {
                real = Directory.ResolveLinkTarget(real, returnFinalTarget: true)?.FullName ?? real;
            }
            catch (IOException)
            {
                // Not there, or a loop: opening the file will say so.
            }
        }

        return real;
    }
}
