namespace Causeway.Realtime;

/// <summary>Wakes the one that waits; a call that finds nobody waiting is kept, several as one. It never runs the waiter within the call.</summary>
internal sealed class WakeUp(WorkPool pool)
{
    private readonly Lock _gate = new();
    private Sleep? _sleep;
    private bool _isDue;

    public void Call()
    {
        Sleep? sleep;
        lock (_gate)
        {
            _isDue = _sleep is null;
            (sleep, _sleep) = (_sleep, null);
        }

        if (sleep is not null)
        {
            pool.Queue(sleep);
        }
    }

    /// <summary>Completes with the next call, or the one that was kept. One waits at a time.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isDue)
            {
                _isDue = false;
                return Task.CompletedTask;
            }

            // Who was cancelled while it waited comes back to the same sleep.
            return (_sleep ??= new Sleep()).Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class Sleep : TaskCompletionSource, IThreadPoolWorkItem
    {
        public void Execute() => TrySetResult();
    }
}
