using System.Globalization;
using Causeway.Hosting;

namespace Causeway.Relay;

/// <summary>Starts a backend's process and waits until it answers.</summary>
internal sealed class ProcessLauncher(string name, BackendOptions options, ProcessHouse house, BackendOutput output) : IDisposable
{
    private readonly ProcessOptions _options = options.Process!;
    private readonly ReadyProbe _probe = new(options);

    /// <summary>One start.</summary>
    /// <param name="started">Told of the process as soon as there is one.</param>
    /// <param name="interrupt">It is to be stopped.</param>
    /// <returns>Null once it answers.</returns>
    /// <exception cref="OperationCanceledException">It is to be stopped.</exception>
    public async Task<LaunchFailure?> LaunchAsync(Action<RunningProcess> started, CancellationToken interrupt)
    {
        var began = house.Time.GetTimestamp();

        // Whoever listens there now would be taken for the backend.
        if (await _probe.IsOpenAsync(interrupt).ConfigureAwait(false))
        {
            house.Logger.BackendPortHeld(name, _probe.Address);
            return new LaunchFailure(BackendFailure.PortHeld, $"not started: something else listens on {_probe.Address}");
        }

        RunningProcess running;
        try
        {
            var child = await house.Children.StartAsync(StartOf(), interrupt).ConfigureAwait(false);
            output.Add(OutputSource.Service, string.Create(CultureInfo.InvariantCulture, $"started as process {child.ProcessId}"));
            running = new RunningProcess(child, output, house.Logger);
        }
        catch (ChildStartException exception)
        {
            house.Logger.BackendNotStarted(name, exception.Message, exception.InnerException);
            return new LaunchFailure(BackendFailure.NotStarted, $"not started: {exception.Message}");
        }

        started(running);
        house.Metrics.CountStart(name);
        if (await running.BecomeReadyAsync(_probe, TimeSpan.FromSeconds(_options.ReadySeconds), house.Time, interrupt).ConfigureAwait(false))
        {
            house.Logger.BackendReady(name, Math.Round(house.Time.GetElapsedTime(began).TotalSeconds, 3), running.Child.ProcessId);
            output.Add(OutputSource.Service, "ready");
            return null;
        }

        if (running.HasExited)
        {
            house.Logger.BackendEndedEarly(name, await running.EndAsync().ConfigureAwait(false), running.LastLine);
            return new LaunchFailure(BackendFailure.Ended, null);
        }

        house.Logger.BackendNotReady(name, _options.ReadySeconds, _probe.Address, running.LastLine);
        output.Add(OutputSource.Service, "not ready in time");
        return new LaunchFailure(BackendFailure.NotReady, null);
    }

    public void Dispose() => _probe.Dispose();

    private ChildStart StartOf() => new()
    {
        Name = name,
        Command = [.. _options.Command],
        WorkingDirectory = _options.WorkingDirectory,
        Environment = _options.Environment.AsReadOnly(),
        User = _options.User,
    };
}

/// <summary>Why a start failed.</summary>
/// <param name="Told">What the waiting requests are told, with the time to wait.</param>
/// <param name="Reason">For the operator, where there was no process whose end says it.</param>
internal sealed record LaunchFailure(Func<TimeSpan, BackendFailure> Told, string? Reason);
