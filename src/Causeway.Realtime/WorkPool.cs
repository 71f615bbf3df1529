namespace Causeway.Realtime;

/// <summary>
/// Where the live service's own work runs. That is the thread pool; a simulation runs it elsewhere, one piece after the other in an order that it can repeat. So whatever the service starts is
/// started here.
/// </summary>
internal abstract class WorkPool
{
    public static WorkPool Threads { get; } = new ThreadPoolWork();

    /// <summary>Loops that share the connections.</summary>
    public abstract int Loops { get; }

    /// <summary>How a <see cref="TaskCompletionSource"/> is made whose waiters must not go on within whoever completes it.</summary>
    public abstract TaskCreationOptions Completion { get; }

    /// <summary>Runs something soon, without the caller's context.</summary>
    public abstract void Queue(IThreadPoolWorkItem work);

    /// <summary>Runs something soon.</summary>
    /// <returns>What came of it.</returns>
    public abstract Task<T> Run<T>(Func<Task<T>> work);

    /// <summary>Waits for a time, or until it is cancelled.</summary>
    public abstract Task Delay(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>A task that several wait for, as one of them should wait for it.</summary>
    public abstract Task<T> Share<T>(Task<T> task);

    /// <summary>Runs something soon.</summary>
    public Task Run(Func<Task> work) => Run(async () =>
    {
        await work().ConfigureAwait(false);
        return true;
    });

    private sealed class ThreadPoolWork : WorkPool
    {
        public override int Loops => Environment.ProcessorCount;

        public override TaskCreationOptions Completion => TaskCreationOptions.RunContinuationsAsynchronously;

        public override void Queue(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

        public override Task<T> Run<T>(Func<Task<T>> work) => Task.Run(work);

        public override Task Delay(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken) => Task.Delay(delay, time, cancellationToken);

        public override Task<T> Share<T>(Task<T> task) => task;
    }
}
