using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Everything the service uses and watches. Shown by <c>/ready</c> and in the metrics. Safe for use by several threads.</summary>
public sealed class Dependencies : IReadinessSource, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (Dependency Dependency, DependencyProbe? Probe)> _all = new(StringComparer.Ordinal);
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Counter<long> _probes;
    private readonly Lock _gate = new();
    private bool _started;

    internal Dependencies(IServiceProvider services, IEnumerable<DependencyRegistration> registrations, IMeterFactory meters, TimeProvider time, ILogger<Dependencies> logger)
    {
        (_services, _time, _logger) = (services, time, logger);
        var meter = meters.Create("Causeway.Hosting");
        _probes = meter.CreateCounter<long>("causeway.dependency.probes", description: "Probes of a dependency, by outcome: ok or failed.");
        meter.CreateObservableGauge(
            "causeway.dependency.up",
            () => _all.Values.Select(static entry => new Measurement<int>(entry.Dependency.IsAvailable ? 1 : 0, Label(entry.Dependency))),
            description: "1 while a dependency is available or degraded, 0 while it is unavailable.");
        foreach (var registration in registrations)
        {
            Add(registration.Name, registration.Probe, registration.Options);
        }
    }

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<Dependency> All => [.. _all.Values.Select(static entry => entry.Dependency).OrderBy(static dependency => dependency.Name, StringComparer.Ordinal)];

    /// <summary>One of them; null where there is none of this name.</summary>
    /// <param name="name">As it was added.</param>
    public Dependency? Find(string name) => _all.TryGetValue(name, out var entry) ? entry.Dependency : null;

    /// <summary>Adds one while the service runs; dispose it to take it out again. Probes begin once the service starts.</summary>
    /// <param name="name">Unique, such as <c>backend terminal</c>.</param>
    /// <param name="probe">Asks how it is; an exception means unavailable. May hang: it is left behind after its time. Null where <see cref="Dependency.Report"/> alone tells.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The dependency: degraded (unavailable where it is required) until the first probe, available where there is none.</returns>
    /// <exception cref="ArgumentException">The name is taken, or an option is out of its range.</exception>
    public Dependency Add(string name, Func<IServiceProvider, CancellationToken, ValueTask<ReadinessResult>>? probe, DependencyOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var settings = (options ?? new DependencyOptions()).Checked(name);
        var dependency = new Dependency(name, settings, isProbed: probe is not null, _time, _logger, ForgetAsync);
        var asking = probe is null
            ? null
            : new DependencyProbe(
                dependency, settings, token => probe(_services, token), outcome => _probes.Add(1, Label(dependency), new("outcome", outcome)), _time, _logger);
        lock (_gate)
        {
            if (!_all.TryAdd(name, (dependency, asking)))
            {
                throw new ArgumentException($"There is a dependency {name} already.", nameof(name));
            }

            if (_started)
            {
                asking?.Start();
            }
        }

        return dependency;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    IEnumerable<(string Name, ReadinessResult Result)> IReadinessSource.Read() => All.Select(static dependency => (dependency.Name, dependency.ToReadiness()));

    internal void Start()
    {
        lock (_gate)
        {
            _started = true;
            foreach (var (_, probe) in _all.Values)
            {
                probe?.Start();
            }
        }
    }

    internal async Task StopAsync()
    {
        foreach (var (_, probe) in _all.Values)
        {
            if (probe is not null)
            {
                await probe.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static KeyValuePair<string, object?> Label(Dependency dependency) => new("dependency", dependency.Name);

    private async ValueTask ForgetAsync(Dependency dependency)
    {
        if (_all.TryGetValue(dependency.Name, out var entry) && entry.Dependency == dependency && _all.TryRemove(dependency.Name, out _) && entry.Probe is { } probe)
        {
            await probe.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>A dependency of the composition.</summary>
internal sealed record DependencyRegistration(string Name, Func<IServiceProvider, CancellationToken, ValueTask<ReadinessResult>>? Probe, DependencyOptions Options);
