using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>Runs one try of one job under its watchdog: past its time, or when somebody wants it back, it is cancelled, and after a grace left behind.</summary>
internal sealed class JobTry(JobKinds kinds, JobStore store, IServiceScopeFactory scopes, JobsOptions options, JobsMetrics metrics, TimeProvider time, ILogger logger)
{
    private static readonly Func<ILogger, string, string, long, IDisposable?> Scope = LoggerMessage.DefineScope<string, string, long>("job {JobId} {Kind} try {Attempt}");

    private int _leftBehind;

    /// <summary>Tries that may still be at work though the worker went on.</summary>
    public int LeftBehind => Volatile.Read(ref _leftBehind);

    /// <summary>Never throws: whatever happens is how the try ended.</summary>
    public async Task<(JobEnd End, Exception? Exception)> RunAsync(RunningJob job)
    {
        using var scope = Scope(logger, job.Row.Id, job.Row.Kind, job.Row.Attempts);
        using var span = JobsTracing.Start(job.Row);
        if (kinds.Find(job.Row.Kind) is not { } kind)
        {
            return (JobEnd.Failed(JobFailureReason.Undecodable, $"This program has no handler for jobs of the kind {job.Row.Kind}.", null), null);
        }

        object args;
        try
        {
            args = kind.Decode(job.Row.Args, options.Json);
        }
        catch (Exception exception)
        {
            return (JobEnd.Failed(JobFailureReason.Undecodable, $"The arguments can't be read: {exception.Message}", exception.ToString()), exception);
        }

        var begun = time.GetTimestamp();
        var result = await WatchAsync(job, kind, args).ConfigureAwait(false);
        metrics.RecordDuration(job.Row.Kind, time.GetElapsedTime(begun));
        if (span is not null && result.End.Kind is JobEndKind.Failed or JobEndKind.GivenUp)
        {
            span?.SetTag("error.type", result.Exception?.GetType().FullName ?? "failed");
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error);
        }

        return result;
    }

    private async Task<(JobEnd End, Exception? Exception)> WatchAsync(RunningJob job, JobRegistration kind, object args)
    {
        // On the pool: a handler that blocks must hold up neither the watchdog nor another job.
        var work = Task.Run(() => InvokeAsync(job, kind, args), CancellationToken.None);
        await ((Task)work).WaitAsync(kind.Options.Timeout, time, job.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!work.IsCompleted)
        {
            job.Stop(StopReason.TimedOut);
            await ((Task)work).WaitAsync(options.CancelGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (job.IsCompleted || job.Reason == StopReason.Lost)
        {
            Forget(work);
            return (JobEnd.Settled, null);
        }

        if (!work.IsCompleted)
        {
            logger.JobLeftBehind(job.Row.Id, job.Row.Kind, options.CancelGrace.TotalSeconds, job.Reason.ToString());
            Interlocked.Increment(ref _leftBehind);
            _ = work.ContinueWith(
                task =>
                {
                    _ = task.Exception;
                    Interlocked.Decrement(ref _leftBehind);
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return (Interrupted(job, kind, null), null);
        }

        if (work.IsCompletedSuccessfully)
        {
            return (work.Result.End, null);
        }

        var exception = work.Exception?.GetBaseException() ?? new OperationCanceledException();
        return job.Reason switch
        {
            // A handler that is made to come back may say so in any exception.
            StopReason.HandedBack => (JobEnd.HandedBack, exception),
            StopReason.Cancelled when exception is OperationCanceledException => (JobEnd.Cancelled, exception),
            StopReason.TimedOut when exception is OperationCanceledException => (Interrupted(job, kind, exception), exception),
            _ when exception is JobLostException => (JobEnd.Settled, exception),
            _ => (JobEnd.Failed(JobFailureReason.Failed, MessageOf(exception), exception.ToString()), exception),
        };
    }

    private async Task<JobOutcome> InvokeAsync(RunningJob job, JobRegistration kind, object args)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var context = new JobContext(job, store, scope.ServiceProvider);
            return await kind.RunAsync(scope.ServiceProvider, args, context, job.Stopping).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"The handler of {kind.Kind} returned null instead of an outcome.");
        }
    }

    private static JobEnd Interrupted(RunningJob job, JobRegistration kind, Exception? exception) => job.Reason switch
    {
        StopReason.HandedBack => JobEnd.HandedBack,
        StopReason.Cancelled => JobEnd.Cancelled,
        _ => JobEnd.Failed(JobFailureReason.TimedOut, $"It took longer than {kind.Options.Timeout.TotalSeconds:0.###} s.", exception?.ToString()),
    };

    private static string MessageOf(Exception exception) => exception.Message.Length > 0 ? exception.Message : exception.GetType().Name;

    private static void Forget(Task work) =>
        _ = work.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
