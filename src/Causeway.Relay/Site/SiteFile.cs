using Microsoft.Win32.SafeHandles;

namespace Causeway.Relay;

/// <summary>An open file of a site. Whatever happens to its name meanwhile, what is sent is this one.</summary>
internal sealed class SiteFile : IDisposable
{
    private SiteFile(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
        Length = RandomAccess.GetLength(handle);
        ModifiedAt = File.GetLastWriteTimeUtc(handle);
    }

    /// <summary>The full path, free of links.</summary>
    public string Path { get; }

    /// <summary>To read it.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Its length in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>When it was last written.</summary>
    public DateTime ModifiedAt { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It is not there any more.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory, or may not be read.</exception>
    public static SiteFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            return new SiteFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose() => Handle.Dispose();
}
