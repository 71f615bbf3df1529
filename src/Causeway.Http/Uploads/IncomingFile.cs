namespace Causeway.Http;

/// <summary>A file on its way into an <see cref="UploadDirectory"/>.</summary>
public sealed class IncomingFile : IAsyncDisposable
{
    private readonly UploadDirectory _directory;
    private readonly string _path;
    private readonly FileStream _content;
    private bool _isStored;

    internal IncomingFile(UploadDirectory directory, string path, FileStream content) => (_directory, _path, _content) = (directory, path, content);

    /// <summary>Takes the bytes.</summary>
    public Stream Content => _content;

    /// <summary>Brings the bytes to the disk. <see cref="Commit"/> does it too; where that must be quick, do it before.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Sync() => _content.Flush(flushToDisk: true);

    /// <summary>Brings the bytes to the disk, and then the file to its place, at once. It can be read from then on, and no longer written.</summary>
    /// <param name="key">Made by the server: 4–64 of <c>a-z 0-9 -</c>, used once.</param>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Commit(string key)
    {
        var place = _directory.CreatePlaceFor(key);
        _content.Flush(flushToDisk: true);
        File.Move(_path, place, overwrite: true);
        _isStored = true;
        _content.Dispose();
        UploadDirectory.Sync(Path.GetDirectoryName(place)!);
    }

    /// <summary>Lets go of the file; deletes it unless it was committed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isStored)
        {
            // Before its lock is gone, so that no sweep comes between.
            File.Delete(_path);
        }

        await _content.DisposeAsync().ConfigureAwait(false);
    }
}
