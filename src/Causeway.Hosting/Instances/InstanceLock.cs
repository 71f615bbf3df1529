namespace Causeway.Hosting;

/// <summary>
/// A data directory held by one instance: the kernel lets go of the lock when the process ends, however it ends, so the lock is the proof of life.
/// The file stays for good: removing it would let two instances lock two files of the same name.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    /// <summary>The lock's file in the data directory.</summary>
    public const string FileName = "instance.lock";

    /// <summary>Held by the one that asks an instance to stop: of several that start at once only one may.</summary>
    public const string TurnName = "takeover.lock";

    /// <summary>The record's file beside it.</summary>
    public const string RecordName = "instance.json";

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // What an open says where another process has the lock: EWOULDBLOCK of Linux and macOS, ERROR_SHARING_VIOLATION.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    /// <summary>Takes the lock; null where another process has it.</summary>
    /// <param name="directory">The data directory; made when it isn't there.</param>
    /// <param name="name">The lock's file in it.</param>
    /// <exception cref="IOException">The file can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to somebody else.</exception>
    public static InstanceLock? TryTake(string directory, string name = FileName)
    {
        PrivateDirectory.Create(directory);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        try
        {
            return new InstanceLock(new FileStream(Path.Combine(directory, name), options));
        }
        catch (IOException exception) when (Held.Contains(exception.HResult))
        {
            return null;
        }
    }

    /// <summary>The lock's path as the kernel lists it among a process's open files; null where there is none.</summary>
    public static string? PathIn(string directory) => RealPath.Of(Path.Combine(directory, FileName));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
