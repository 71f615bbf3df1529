namespace Causeway.Data;

/// <summary>One write on its way: it waits, runs in the writer's transaction, and is told once that is committed.</summary>
internal abstract class SqliteWrite(ExecutionContext? context, CancellationToken cancellationToken)
{
    private const int Waiting = 0;
    private const int Running = 1;
    private const int Cancelled = 2;

    private readonly ExecutionContext? _context = context;
    private CancellationTokenRegistration _registration;
    private int _state;

    public long Begun { get; } = DataMetrics.Begin();

    public UnitOfWork? Unit { get; private set; }

    protected CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>From here on, and until it begins, the caller may take it back.</summary>
    public void Watch() => _registration = CancellationToken.UnsafeRegister(
        static (state, token) =>
        {
            var write = (SqliteWrite)state!;
            if (Interlocked.CompareExchange(ref write._state, Cancelled, Waiting) == Waiting)
            {
                write.Cancel();
            }
        },
        this);

    /// <summary>Whether it is to be run: false when the caller took it back.</summary>
    public bool TryBegin()
    {
        var begins = Interlocked.CompareExchange(ref _state, Running, Waiting) == Waiting;
        _registration.Dispose();
        return begins;
    }

    /// <summary>Runs it on this thread, in its caller's context.</summary>
    /// <returns>Why it failed, or null.</returns>
    public Exception? Run(UnitOfWork unit)
    {
        Unit = unit;
        try
        {
            if (_context is null)
            {
                Start();
            }
            else
            {
                ExecutionContext.Run(_context, static state => ((SqliteWrite)state!).Start(), this);
            }

            // SQLite works on this thread, so that the task is complete already, unless the caller waits for something else in between.
            Wait();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            unit.End();
        }
    }

    public abstract void Complete();

    public abstract void Fail(Exception exception);

    protected abstract void Start();

    protected abstract void Wait();

    protected abstract void Cancel();
}

/// <inheritdoc/>
internal sealed class SqliteWrite<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, ExecutionContext? context, CancellationToken cancellationToken)
    : SqliteWrite(context, cancellationToken)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<T>? _work;

    public Task<T> Done => _done.Task;

    public override void Complete() => _done.TrySetResult(_work!.Result);

    public override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException && CancellationToken.IsCancellationRequested)
        {
            _done.TrySetCanceled(CancellationToken);
        }
        else
        {
            _done.TrySetException(exception);
        }
    }

    protected override void Start()
    {
        UnitOfWork.Current.Value = Unit;
        _work = write(Unit!, CancellationToken);
    }

    protected override void Wait() => _work!.GetAwaiter().GetResult();

    protected override void Cancel() => _done.TrySetCanceled(CancellationToken);
}
