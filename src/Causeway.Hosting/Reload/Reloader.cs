using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Puts a changed configuration into force without a restart, as far as that goes. SIGHUP asks for it; so may code.</summary>
public sealed class Reloader : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly IServiceProvider _services;
    private readonly List<ReloadHook> _hooks;
    private readonly ReloadSource? _source;
    private readonly ServiceManagerLink? _manager;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CausewayConfiguration? _started;
    private CausewayConfiguration? _current;
    private long _begunAt = long.MinValue;

    internal Reloader(IServiceProvider services, IEnumerable<ReloadHook> hooks, ReloadSource? source, TimeProvider time, ILogger<Reloader> logger)
    {
        _services = services;
        _hooks = [.. hooks.OrderBy(static hook => hook.Order)];
        _source = source;
        _manager = services.GetService<ServiceManagerLink>();
        _time = time;
        _logger = logger;
        _current = _started = services.GetService<CausewayConfiguration>();
    }

    /// <summary>
    /// Reads the configuration again and runs every hook in order. A configuration with anything wrong in it changes nothing; a hook that fails leaves
    /// its own part as it was, and the others run. One at a time: a second call waits for the first.
    /// </summary>
    /// <param name="cancellationToken">Stops between two hooks, and the hook that runs.</param>
    /// <returns>What changed, what did not and why; the log says the same.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<ReloadReport> ReloadAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Volatile.Write(ref _begunAt, _time.GetTimestamp());
            _logger.ReloadStarted();
            _manager?.TellReloading();
            var report = await RunAsync(cancellationToken).ConfigureAwait(false);
            _manager?.TellReloaded(report);
            _logger.ReloadEnded(report.Changes.Count, report.Problems.Count, report.NeedRestart.Count);
            await TellObserversAsync(report, cancellationToken).ConfigureAwait(false);
            return report;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether a reload has begun since a moment, and so has read what was written before it.</summary>
    /// <param name="timestamp">The moment, by <see cref="TimeProvider.GetTimestamp"/> of the application's clock.</param>
    public bool HasBegunSince(long timestamp) => Volatile.Read(ref _begunAt) > timestamp;

    /// <summary>Whether a hook puts this key into force; what stands under any other counts from the start only.</summary>
    /// <param name="key">The full key.</param>
    public bool Reloads(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _hooks.Exists(hook => hook.Owns(key));
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<ReloadReport> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ConfigurationChange> values = [];
        IReadOnlyList<string> changed = [], needRestart = [];
        if (_source is not null)
        {
            CausewayConfiguration fresh;
            try
            {
                fresh = _source.Read(_services);
            }
            catch (Exception exception) when (exception is ConfigurationException or IOException or UnauthorizedAccessException or InvalidDataException)
            {
                var problems = ProblemsOf(exception);
                foreach (var problem in problems)
                {
                    _logger.ReloadRefused(problem);
                }

                return new(problems, [], []);
            }

            values = _current?.Changes(fresh) ?? [];
            changed = [.. values.Select(static value => value.Key)];
            needRestart = [.. (_started?.ChangedKeys(fresh) ?? []).Where(key => !_hooks.Exists(hook => hook.Owns(key)))];
            _current = fresh;
            if (needRestart.Count > 0)
            {
                _logger.ReloadNeedsRestart(string.Join(", ", needRestart));
            }
        }

        List<string> changes = [], failures = [];
        foreach (var hook in _hooks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var context = new ReloadContext(_services, [.. changed.Where(hook.Owns)]);
            try
            {
                await hook.RunAsync(context, cancellationToken).ConfigureAwait(false);
                if (context.Done is { Length: > 0 } done)
                {
                    _logger.ReloadChanged(hook.Name, done);
                    changes.Add($"{hook.Name}: {done}");
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                failures.AddRange(Tell(hook, exception));
            }
        }

        return new(failures, changes, needRestart) { Values = values };
    }

    private async Task TellObserversAsync(ReloadReport report, CancellationToken cancellationToken)
    {
        foreach (var observer in _services.GetServices<ReloadObserver>())
        {
            try
            {
                await observer.TellAsync(_services, report, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                _logger.ReloadObserverFailed(exception);
            }
        }
    }

    private List<string> Tell(ReloadHook hook, Exception exception)
    {
        if (exception is not ConfigurationException)
        {
            _logger.ReloadHookFailed(hook.Name, exception);
            return [$"{hook.Name} stays as it was: it could not be reloaded; the log says why"];
        }

        var problems = ProblemsOf(exception).Select(problem => $"{hook.Name} stays as it was: {problem}").ToList();
        problems.ForEach(_logger.ReloadRefused);
        return problems;
    }

    private static IReadOnlyList<string> ProblemsOf(Exception exception) => exception is ConfigurationException { Problems: var problems }
        ? [.. problems.Select(static problem => problem.ToString())]
        : [exception.Message];
}
