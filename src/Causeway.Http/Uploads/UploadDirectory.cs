using System.Buffers;

namespace Causeway.Http;

/// <summary>A directory that files are uploaded into (0700, its files 0600): whole or not at all, under names that the server makes.</summary>
/// <remarks>
/// A file comes in under <c>incoming/</c>, is brought to the disk, and is then renamed to its place under <c>stored/</c>. Whoever writes it holds its lock, so a
/// sweep tells by the lock, and not by a guess, what a process that ended left behind; several processes may share the directory.
/// </remarks>
public sealed class UploadDirectory
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz-");

    private readonly string _incoming;
    private readonly string _stored;
    private readonly TimeProvider _time;

    /// <summary>Opens the directory; makes what is missing of it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="time">Tells how old files are.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made or used.</exception>
    public UploadDirectory(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _incoming = Path.Combine(path, "incoming");
        _stored = Path.Combine(path, "stored");
        CreateDirectory(path);
        CreateDirectory(_incoming);
        CreateDirectory(_stored);
    }

    /// <summary>Begins a file. Unless it is committed, disposing it leaves nothing.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public IncomingFile Begin()
    {
        var path = Path.Combine(_incoming, Guid.CreateVersion7().ToString());
        return new IncomingFile(this, path, Open(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
    }

    /// <summary>Opens a stored file for reading; null where there is none of the key. One that is deleted meanwhile can be read to its end.</summary>
    /// <param name="key">As it was committed under.</param>
    public Stream? OpenRead(string key)
    {
        try
        {
            return Open(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Deletes a stored file; false where there is none of the key.</summary>
    public bool Delete(string key)
    {
        var path = PathOf(key);
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }

    /// <summary>Deletes what came in and was neither stored nor given up, since the process that took it ended.</summary>
    /// <param name="age">Younger ones are left alone: a file is born a moment before it is locked.</param>
    /// <returns>How many files it deleted.</returns>
    public int SweepIncoming(TimeSpan age)
    {
        var count = 0;
        foreach (var path in Directory.EnumerateFiles(_incoming))
        {
            if (AgeOf(path) < age)
            {
                continue;
            }

            try
            {
                using (Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                    File.Delete(path);
                }

                count++;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its writer lives, or another sweep was faster.
            }
        }

        return count;
    }

    /// <summary>The keys of stored files that are at least so old, so that their owner can tell which of them nobody knows.</summary>
    public IEnumerable<string> ListStored(TimeSpan age)
    {
        foreach (var path in Directory.EnumerateFiles(_stored, "*", SearchOption.AllDirectories))
        {
            if (AgeOf(path) >= age && IsKey(Path.GetFileName(path)))
            {
                yield return Path.GetFileName(path);
            }
        }
    }

    internal string CreatePlaceFor(string key)
    {
        var path = PathOf(key);
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
        {
            // One by one: the platform would give the modes to the last one only.
            var parent = Path.GetDirectoryName(directory)!;
            CreateDirectory(parent);
            CreateDirectory(directory);
            Sync(parent);
            Sync(_stored);
        }

        return path;
    }

    internal static void Sync(string directory)
    {
        if (!OperatingSystem.IsWindows())
        {
            Libc.SyncDirectory(directory);
        }
    }

    private static bool IsKey(string key) => key.Length is >= 4 and <= 64 && !key.AsSpan().ContainsAnyExcept(KeyCharacters);

    private static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerDirectory);
        }
    }

    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerFile;
        }

        return new FileStream(path, options);
    }

    private TimeSpan AgeOf(string path) => _time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(path);

    /// <summary>Spread over directories by the key's end, since ids begin with the time.</summary>
    private string PathOf(string key) => IsKey(key)
        ? Path.Combine(_stored, key[^2..], key[^4..^2], key)
        : throw new ArgumentException("A key is made of 4 to 64 of a-z 0-9 -", nameof(key));
}
