using System.Diagnostics.Metrics;

namespace Causeway.Concurrency;

/// <summary>Turns the questions of many callers into few: keys asked for within a short time, or while a question runs, go into the next one together.</summary>
/// <remarks>Nothing is remembered: a key asked for after its batch began is asked for again.</remarks>
/// <typeparam name="TKey">Keys.</typeparam>
/// <typeparam name="TValue">Values.</typeparam>
public sealed class Batcher<TKey, TValue> : IAsyncDisposable
    where TKey : notnull
{
    private readonly BatcherOptions _options;
    private readonly Func<Batch<TKey, TValue>, CancellationToken, Task> _ask;
    private readonly TimeProvider _time;
    private readonly Histogram<int>? _sizes;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, BatchItem<TKey, TValue>> _waiting = [];

    // In the order they were asked for; those that nobody wants any more are passed over.
    private readonly Queue<BatchItem<TKey, TValue>> _order = new();
    private readonly HashSet<Task> _running = [];
    private readonly HashSet<Batch<TKey, TValue>> _batches = [];
    private bool _disposed;

    /// <summary>Creates a batcher.</summary>
    /// <param name="options">When it asks.</param>
    /// <param name="ask">Asks for all keys of a batch: <see cref="Batch{TKey, TValue}.Succeed"/> or <see cref="Batch{TKey, TValue}.Fail"/> for each. What it throws, all fail with of whom it had
    /// said nothing; where it ends without a word of a key, that one fails with a <see cref="KeyNotFoundException"/>. Runs on the pool, in nobody's context. Its token is cancelled when nobody waits any more.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="meters">Makes its instruments, on the meter <c>Causeway.Concurrency</c>; null to measure nothing.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Batcher(BatcherOptions options, Func<Batch<TKey, TValue>, CancellationToken, Task> ask, TimeProvider time, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(ask);
        ArgumentNullException.ThrowIfNull(time);
        _options = options.Checked();
        _ask = ask;
        _time = time;
        _sizes = meters?.Create("Causeway.Concurrency").CreateHistogram(
            "causeway.batch.size", description: "Keys in a batch.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] });
        _timer = time.CreateTimer(static batcher => ((Batcher<TKey, TValue>)batcher!).StartDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gets one value; its key goes into the next batch.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="cancellationToken">Ends this caller's wait only.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">The batch said nothing of the key.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The batcher is disposed, or was before the key's turn came.</exception>
    /// <remarks>What the key failed with comes out here too.</remarks>
    public async Task<TValue> GetAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        var item = Enter(key);
        Task wait = item.Ended.WaitAsync(cancellationToken);
        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Leave(item);
        if (wait.IsCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await item.Ended.ConfigureAwait(false);
    }

    /// <summary>Lets those fail who wait for a batch that has not begun, and cancels and awaits those that run.</summary>
    public async ValueTask DisposeAsync()
    {
        List<BatchItem<TKey, TValue>> waiting;
        List<Batch<TKey, TValue>> batches;
        List<Task> running;
        lock (_gate)
        {
            _disposed = true;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
            _order.Clear();
            batches = [.. _batches];
            running = [.. _running];
        }

        foreach (var item in waiting)
        {
            item.TryFail(new ObjectDisposedException(_options.Name));
        }

        foreach (var batch in batches)
        {
            await batch.Cancellation.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private BatchItem<TKey, TValue> Enter(TKey key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_waiting.TryGetValue(key, out var item))
            {
                item = new BatchItem<TKey, TValue>(key, _time.GetTimestamp());
                _waiting.Add(key, item);
                _order.Enqueue(item);
            }

            item.Waiters++;
            if (_waiting.Count == 1)
            {
                _timer.Change(_options.MaxWait, Timeout.InfiniteTimeSpan);
            }

            if (_waiting.Count >= _options.MaxSize)
            {
                StartWhatMayStart();
            }

            return item;
        }
    }

    private void Leave(BatchItem<TKey, TValue> item)
    {
        Batch<TKey, TValue>? unwanted = null;
        lock (_gate)
        {
            if (--item.Waiters > 0)
            {
                return;
            }

            if (item.Batch is null)
            {
                _waiting.Remove(item.Key);
            }
            else if (--item.Batch.Wanted == 0 && _batches.Contains(item.Batch))
            {
                unwanted = item.Batch;
            }
        }

        // Also when all were told early: what is left to ask for, nobody waits for.
        unwanted?.Cancellation.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void StartDue()
    {
        lock (_gate)
        {
            StartWhatMayStart();
        }
    }

    /// <summary>Starts batches while one is full or has waited long enough; under the gate.</summary>
    private void StartWhatMayStart()
    {
        while (!_disposed && _waiting.Count > 0 && _running.Count < _options.MaxRunning)
        {
            while (_order.Peek() is var first && !IsWaiting(first))
            {
                _order.Dequeue();
            }

            var left = _options.MaxWait - _time.GetElapsedTime(_order.Peek().Since);
            if (_waiting.Count < _options.MaxSize && left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            Start(TakeBatch());
        }
    }

    private Batch<TKey, TValue> TakeBatch()
    {
        var items = new List<BatchItem<TKey, TValue>>(Math.Min(_options.MaxSize, _waiting.Count));
        while (items.Count < _options.MaxSize && _order.TryDequeue(out var item))
        {
            if (IsWaiting(item))
            {
                _waiting.Remove(item.Key);
                items.Add(item);
            }
        }

        var batch = new Batch<TKey, TValue>(items);
        foreach (var item in items)
        {
            item.Batch = batch;
        }

        return batch;
    }

    private bool IsWaiting(BatchItem<TKey, TValue> item) => _waiting.TryGetValue(item.Key, out var current) && current == item;

    private void Start(Batch<TKey, TValue> batch)
    {
        _sizes?.Record(batch.Keys.Count, new KeyValuePair<string, object?>("batcher", _options.Name));
        _batches.Add(batch);

        // A batch is everybody's: the context of whoever happened to fill it (a trace, a log scope) is not its own.
        using var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        Task? run = null;
        run = Task.Run(async () =>
        {
            await RunAsync(batch).ConfigureAwait(false);
            lock (_gate)
            {
                _batches.Remove(batch);
                _running.Remove(run!);
                StartWhatMayStart();
            }
        });
        _running.Add(run);
    }

    private async Task RunAsync(Batch<TKey, TValue> batch)
    {
        try
        {
            await _ask(batch, batch.Cancellation.Token).ConfigureAwait(false);
            batch.FailRest(static key => new KeyNotFoundException($"Nothing was said of {key}."));
        }
        catch (Exception exception)
        {
            batch.FailRest(_ => exception);
        }
    }
}
