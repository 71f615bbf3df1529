using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>Runs the drain steps after the signal and before anything is stopped, the listeners included.</summary>
internal sealed class DrainService(
    IServiceProvider services,
    IEnumerable<DrainStep> steps,
    DrainState state,
    IOptions<DrainOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<DrainService> logger) : IHostedLifecycleService
{
    /// <summary>What a step has to come back after its token was cancelled.</summary>
    private static readonly TimeSpan CancelGrace = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private CancellationTokenRegistration _stopping;
    private Task? _drain;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The host says "stopping" before it calls StoppingAsync, and readiness must turn at once.
        _stopping = lifetime.ApplicationStopping.Register(Begin);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // The host passes on every call of its StopAsync; the drain is the same one.
        lock (_gate)
        {
            return _drain ??= DrainAsync(cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Begin();
        await _stopping.DisposeAsync().ConfigureAwait(false);
        var phases = new List<DrainPhase>();
        foreach (var step in steps.OrderBy(static step => step.Order))
        {
            phases.Add(await RunAsync(step, cancellationToken).ConfigureAwait(false));
        }

        var report = new DrainReport(options.Value.Window, state.Elapsed, phases);
        state.Report = report;
        logger.DrainEnded(Seconds(report.Took), report.Done, phases.Count, report.ToLine());
    }

    private void Begin()
    {
        if (state.Begin())
        {
            logger.DrainStarted(Seconds(options.Value.Window));
        }
    }

    private async Task<DrainPhase> RunAsync(DrainStep step, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var remaining = state.Remaining;
        var budget = step.BudgetOf(options.Value.Window, remaining);
        using var limit = new CancellationTokenSource(budget, time);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var context = new DrainContext(services, budget, remaining);
        var outcome = DrainOutcome.Done;
        Exception? failure = null;
        try
        {
            // On the pool, so that a step that blocks before its first await is cut like any other.
            var work = Task.Run(() => step.RunAsync(context, cut.Token), CancellationToken.None);
            await WaitAsync(work, cut.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            outcome = DrainOutcome.Cut;
        }
        catch (Exception exception)
        {
            outcome = DrainOutcome.Failed;
            failure = exception;
        }

        var took = time.GetElapsedTime(started);
        var seconds = Seconds(took);
        switch (outcome)
        {
            case DrainOutcome.Done:
                logger.DrainStepDone(step.Name, seconds);
                break;
            case DrainOutcome.Cut:
                logger.DrainStepCut(step.Name, seconds);
                break;
            default:
                logger.DrainStepFailed(step.Name, seconds, failure!);
                break;
        }

        return new DrainPhase(step.Name, outcome, budget, took, context.Notes);
    }

    /// <summary>Waits for the work, and a moment longer once it was told to end; then leaves it, but not its exception.</summary>
    private async Task WaitAsync(Task work, CancellationToken cut)
    {
        try
        {
            await work.WaitAsync(cut).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested && !work.IsCompleted)
        {
            var ended = await Task.WhenAny(work, Task.Delay(CancelGrace, time, CancellationToken.None)).ConfigureAwait(false) == work;
            if (ended)
            {
                await work.ConfigureAwait(false);
                return;
            }

            _ = work.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private static double Seconds(TimeSpan span) => Math.Round(span.TotalSeconds, 3);
}
