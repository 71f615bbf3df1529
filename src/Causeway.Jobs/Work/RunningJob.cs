namespace Causeway.Jobs;

/// <summary>Why a job's token was cancelled.</summary>
internal enum StopReason
{
    None = 0,
    Cancelled,
    TimedOut,
    HandedBack,
    Lost,
}

/// <summary>A job in this process's hands.</summary>
internal sealed class RunningJob(JobRow row, QueueSlots queue) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _reason;
    private int _completed;
    private JobProgress? _progress;

    public JobRow Row { get; } = row;

    public QueueSlots Queue { get; } = queue;

    /// <summary>Cancelled when the handler is to come back.</summary>
    public CancellationToken Stopping => _stop.Token;

    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>Whether its end is in the database already, by its handler's own transaction.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>Told of when there is new progress; set before the job begins.</summary>
    public Action<RunningJob>? Reported { get; set; }

    /// <summary>The newest progress.</summary>
    public JobProgress? Progress => Volatile.Read(ref _progress);

    /// <summary>Whether it is on the worker's list of progress to write. Under the worker's gate.</summary>
    public bool HasNews { get; set; }

    /// <summary>Has the handler come back; the first reason counts.</summary>
    public void Stop(StopReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None) == (int)StopReason.None)
        {
            // Not awaited: what listens to the token may hang.
            _ = _stop.CancelAsync();
        }
    }

    public void Report(JobProgress progress)
    {
        Volatile.Write(ref _progress, progress);
        Reported?.Invoke(this);
    }

    public void NoteCompleted() => Volatile.Write(ref _completed, 1);

    public void Dispose() => _stop.Dispose();
}
