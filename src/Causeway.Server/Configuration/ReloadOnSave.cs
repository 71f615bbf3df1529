using Causeway.Concurrency;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Reloads when the configuration file was saved. Editors save in several steps; the reload waits until they are over, and is spared where a signal was faster.</summary>
internal sealed class ReloadOnSave(ServerSettings settings, Reloader reloader, TimeProvider time, ILogger<ReloadOnSave> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private Debouncer? _reload;
    private FileSystemWatcher? _watcher;
    private long _savedAt;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Configuration.FilePath is not { } path)
        {
            return Task.CompletedTask;
        }

        _reload = new Debouncer(Quiet, MaxWait, token => reloader.HasBegunSince(Volatile.Read(ref _savedAt)) ? Task.CompletedTask : reloader.ReloadAsync(token), logger.ReloadOnSaveFailed, time);
        try
        {
            _watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path))
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Changed += (_, _) => Trigger();
            _watcher.Created += (_, _) => Trigger();
            _watcher.Renamed += (_, _) => Trigger();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or PlatformNotSupportedException)
        {
            // No watches left, or a file system that has none; SIGHUP reloads as ever.
            logger.ConfigurationNotWatched(path, exception);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        _watcher?.Dispose();
        if (_reload is not null)
        {
            await _reload.DisposeAsync();
        }
    }

    private void Trigger()
    {
        Volatile.Write(ref _savedAt, time.GetTimestamp());
        _reload!.Trigger();
    }
}
