using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Causeway.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>The processes of all backends, and what they share.</summary>
internal sealed class ProcessHouse
{
    private readonly ConcurrentDictionary<string, BackendProcess> _processes = new(StringComparer.OrdinalIgnoreCase);
    private readonly ChildProcesses? _children;
    private volatile bool _isActive;

    public ProcessHouse(ChildProcesses? children, IMeterFactory meters, TimeProvider time, ILogger logger)
    {
        _children = children;
        Time = time;
        Logger = logger;
        Metrics = new ProcessMetrics(meters, () => _processes.Values);
    }

    public ChildProcesses Children => _children ?? throw new InvalidOperationException("A backend with a process needs children: call builder.Services.AddChildren(DIRECTORY).");

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public ProcessMetrics Metrics { get; }

    /// <summary>The process of a backend; null where its options have none.</summary>
    public BackendProcess? Create(string name, BackendOptions options)
    {
        if (options.Process is null)
        {
            _processes.TryRemove(name, out _);
            return null;
        }

        var process = new BackendProcess(name, options, this, _processes.GetValueOrDefault(name));
        _processes[name] = process;
        if (_isActive)
        {
            process.Activate();
        }

        return process;
    }

    /// <summary>The service has started: those that are always to run do from now on.</summary>
    public void Activate()
    {
        _isActive = true;
        foreach (var process in _processes.Values)
        {
            process.Activate();
        }
    }

    /// <summary>Forgets a process that is no longer needed, unless another has taken its name.</summary>
    public void Forget(BackendProcess process) => _processes.TryRemove(new KeyValuePair<string, BackendProcess>(process.Name, process));

    /// <summary>Stops all of them, whoever uses them.</summary>
    /// <param name="cancellationToken">Kills at once.</param>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _isActive = false;
        return Task.WhenAll(_processes.Values.Select(process => process.StopAsync(cancellationToken)));
    }

    /// <summary>Stops all of them, each once nobody uses it.</summary>
    /// <param name="cancellationToken">Waits no longer, and kills at once.</param>
    public Task CloseAsync(CancellationToken cancellationToken)
    {
        _isActive = false;
        return Task.WhenAll(_processes.Values.Select(process => process.CloseAsync(cancellationToken)));
    }
}
