namespace Causeway.Hosting;

/// <summary>Directories that only the service's own user can enter.</summary>
public static class PrivateDirectory
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Makes a directory with mode 0700, and its parents where they are missing. One that is there and empty is closed to others; one
    /// that holds files is left as it is, since it may be somebody's home.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <returns>Whether it is closed to others now; on Windows always true, where the parent's rights are inherited.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static bool Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return true;
        }

        var directory = Directory.CreateDirectory(path, Owner);
        if ((directory.UnixFileMode & ~Owner) == UnixFileMode.None)
        {
            return true;
        }

        if (directory.EnumerateFileSystemInfos().Any())
        {
            return false;
        }

        directory.UnixFileMode = Owner;
        return true;
    }
}
