namespace Causeway.Realtime.Tests;

/// <summary>A process: its clock and its threads. What it has begun ends with it when it is killed, and waits while it stands still.</summary>
internal sealed class SimulatedProcess : TimeProvider
{
    private readonly Simulator _simulator;
    private readonly TimeSpan _skew;
    private readonly List<SimulatedEvent> _waiting = [];

    public SimulatedProcess(Simulator simulator, string name, TimeSpan skew)
    {
        (_simulator, Name, _skew) = (simulator, name, skew);
        Pool = new SimulatedPool(this);
    }

    public string Name { get; }

    /// <summary>Where its work runs.</summary>
    public WorkPool Pool { get; }

    public bool IsAlive { get; private set; } = true;

    public bool IsFrozen { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Simulator.Epoch + _simulator.Now + _skew;

    public override long GetTimestamp() => _simulator.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Has something happen in this process that waits for others.</summary>
    public void Start(Func<Task> work) => After(TimeSpan.Zero, () => _ = ObserveAsync(work));

    /// <summary>Has something happen in this process.</summary>
    public SimulatedEvent After(TimeSpan delay, Action action) => _simulator.After(delay, action, this);

    public void Kill() => IsAlive = false;

    public void Freeze() => IsFrozen = true;

    public void Thaw()
    {
        IsFrozen = false;
        _waiting.ForEach(_simulator.CatchUp);
        _waiting.Clear();
    }

    /// <summary>Takes an event that can't happen now: it never happens, or when the process goes on.</summary>
    public bool TakesOver(SimulatedEvent next)
    {
        if (IsAlive && IsFrozen)
        {
            _waiting.Add(next);
        }

        return !IsAlive || IsFrozen;
    }

    private async Task ObserveAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception)
        {
            _simulator.Fail($"An exception got out at {Name}: {exception}");
        }
    }

    // Mostly at once; a thread may also be kept from its work for a while.
    private TimeSpan ThreadDelay() => _simulator.Chance.Of(0.01) ? _simulator.Chance.Milliseconds(0, 20) : _simulator.Chance.Milliseconds(0, 0.05);

    private sealed class SimulatedPool(SimulatedProcess process) : WorkPool
    {
        public override int Loops => 2;

        public override TaskCreationOptions Completion => TaskCreationOptions.None;

        public override void Queue(IThreadPoolWorkItem work) => process.After(process.ThreadDelay(), work.Execute);

        public override Task<T> Run<T>(Func<Task<T>> work)
        {
            var done = new TaskCompletionSource<T>();
            process.After(process.ThreadDelay(), () => _ = ForwardAsync(work, done));
            return done.Task;
        }

        public override async Task Delay(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken)
        {
            var done = new TaskCompletionSource();
            var timer = process.After(delay, () => done.TrySetResult());
            using (cancellationToken.Register(() => process.After(TimeSpan.Zero, () => done.TrySetCanceled(cancellationToken))))
            {
                await done.Task;
            }

            timer.Cancel();
        }

        // Where several wait for a task, all but one would go on on the thread pool.
        public override Task<T> Share<T>(Task<T> task)
        {
            var own = new TaskCompletionSource<T>();
            task.ContinueWith(_ => process.After(process.ThreadDelay(), () => own.SetResult(task.GetAwaiter().GetResult())), default, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return own.Task;
        }

        private static async Task ForwardAsync<T>(Func<Task<T>> work, TaskCompletionSource<T> done)
        {
            T result;
            try
            {
                result = await work().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                done.SetException(exception);
                return;
            }

            done.SetResult(result);
        }
    }

    private sealed class SimulatedTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private SimulatedEvent? _next;
        private TimeSpan _period;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            if (_isDisposed)
            {
                return false;
            }

            _period = period;
            _next = dueTime == Timeout.InfiniteTimeSpan ? null : process.After(dueTime, Fire);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            _next?.Cancel();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            _next = _period > TimeSpan.Zero ? process.After(_period, Fire) : null;
            callback(state);
        }
    }
}
