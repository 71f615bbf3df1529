using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>Hints that a file may have changed. Hints get lost and watches can't always be had, so the file is looked at by the clock as well.</summary>
internal sealed class FileWatch(string path, Action changed, string stream, ILogger logger) : IDisposable
{
    private FileSystemWatcher? _watcher;
    private bool _gaveUp;

    /// <summary>Begins to watch, where the file's directory is there and the system still has watches to give.</summary>
    public void TryStart()
    {
        var directory = Path.GetDirectoryName(path);
        if (_watcher is not null || _gaveUp || !Directory.Exists(directory))
        {
            return;
        }

        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(directory, Path.GetFileName(path))
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite,
            };
            watcher.Changed += OnChanged;
            watcher.Created += OnChanged;
            watcher.Deleted += OnChanged;
            watcher.Renamed += OnChanged;
            watcher.EnableRaisingEvents = true;
            (_watcher, watcher) = (watcher, null);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            _gaveUp = true;
            logger.WatchUnavailable(stream, exception);
        }
        finally
        {
            watcher?.Dispose();
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _watcher = null;
    }

    private void OnChanged(object sender, FileSystemEventArgs e) => changed();
}
