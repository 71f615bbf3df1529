using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>The service's background loops: look at them, run, pause and resume them. Safe for use by several threads.</summary>
public sealed class Loops : IAsyncDisposable
{
    private readonly Dictionary<string, LoopRunner> _runners;

    internal Loops(IServiceProvider services, IEnumerable<LoopRegistration> registrations, IMeterFactory meters, TimeProvider time, ILogger<Loops> logger)
    {
        var metrics = new LoopMetrics(meters, () => All);
        _runners = new(StringComparer.Ordinal);
        foreach (var loop in registrations)
        {
            if (!_runners.TryAdd(loop.Name, new LoopRunner(loop, services, metrics, time, logger)))
            {
                throw new InvalidOperationException($"There are two loops named {loop.Name}.");
            }
        }
    }

    /// <summary>All loops, by name.</summary>
    public IReadOnlyList<LoopStatus> All => [.. _runners.Values.Select(static runner => runner.Status).OrderBy(static loop => loop.Name, StringComparer.Ordinal)];

    internal IEnumerable<LoopRunner> Runners => _runners.Values;

    /// <summary>One loop; null where there is none of this name.</summary>
    /// <param name="name">As it was added.</param>
    public LoopStatus? Find(string name) => _runners.GetValueOrDefault(name)?.Status;

    /// <summary>Asks for an iteration now, whatever the plan. Asked while one runs, the next begins right after it; a paused loop runs once.</summary>
    /// <param name="name">The loop.</param>
    /// <returns>False where there is none, or it is dead or stopped.</returns>
    public bool Run(string name) => _runners.GetValueOrDefault(name)?.TryRun() ?? false;

    /// <summary>Plans no more iterations until the loop is resumed; the one that runs goes on. Not kept over a restart.</summary>
    /// <param name="name">The loop.</param>
    /// <returns>False where there is none, or it is dead or stopped.</returns>
    public bool Pause(string name) => _runners.GetValueOrDefault(name)?.TryPause() ?? false;

    /// <summary>Goes on with the plan; a turn that was missed is taken at once.</summary>
    /// <param name="name">The loop.</param>
    /// <returns>False where there is none, or it is dead or stopped.</returns>
    public bool Resume(string name) => _runners.GetValueOrDefault(name)?.TryResume() ?? false;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    internal Task StopAsync() => Task.WhenAll(_runners.Values.Select(static runner => runner.DisposeAsync().AsTask()));
}
