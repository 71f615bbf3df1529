using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Causeway.Concurrency;

/// <summary>
/// Keeps values that are dear to load. Callers who want the same value at the same time share one load; a caller who gives up leaves the others alone; a failure is told
/// to those who wait for it and forgotten.
/// </summary>
/// <remarks>
/// Whoever asks after an invalidation returned never gets a value that was read before it, also when a load was running meanwhile: such a load serves those who came
/// before, and is not kept.
/// </remarks>
/// <typeparam name="TKey">Keys; read and written as text when an invalidation travels between nodes.</typeparam>
/// <typeparam name="TValue">Values; null means that there is nothing under the key.</typeparam>
public sealed class Cache<TKey, TValue> : IDisposable
    where TKey : notnull, IParsable<TKey>
{
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly CacheMetrics _metrics;
    private readonly Lock _gate = new();

    // Read without the gate, changed under it.
    private readonly ConcurrentDictionary<TKey, CacheEntry<TKey, TValue>> _entries = new();
    private readonly EvictionQueue<TKey, TValue> _queue = new();
    private readonly Dictionary<string, HashSet<CacheEntry<TKey, TValue>>> _tagged = new(StringComparer.Ordinal);
    private readonly Dictionary<TKey, PendingLoad<TKey, TValue>> _loads = [];
    private readonly RecentInvalidations _recent = new();
    private int _running;
    private long _invalidations;
    private bool _disposed;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="options">What it keeps.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="meters">Makes its instruments, on the meter <c>Causeway.Concurrency</c>; null to measure nothing.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Cache(CacheOptions options, TimeProvider time, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options.Checked();
        _time = time;
        _metrics = new CacheMetrics(meters, options.Name, () => _entries.Count);
    }

    /// <summary>Values kept now, expired ones included until somebody asks for them or their place is needed.</summary>
    public int Count => _entries.Count;

    /// <summary>Gets the kept value, or loads it.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="load">Loads it; the same for every caller of a key. Its token is cancelled when nobody waits any more, never because one of several gave up. Runs in the first caller's
    /// context, and must not wait for the same key of this cache.</param>
    /// <param name="cancellationToken">Ends this caller's wait only.</param>
    /// <returns>The value. Shared: do not change it.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled, or the load was.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    /// <remarks>What <paramref name="load"/> throws comes out here, for everybody who waited for it, and is not kept.</remarks>
    public ValueTask<TValue> GetOrAddAsync(TKey key, Func<CacheLoad<TKey>, CancellationToken, Task<TValue>> load, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        return TryGet(key, out var value) ? new ValueTask<TValue>(value) : JoinAsync(key, load, cancellationToken);
    }

    /// <summary>Gets the kept value, and loads nothing.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="value">The value, which may be null where absence is kept.</param>
    /// <returns>Whether one is kept and has not expired.</returns>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_entries.TryGetValue(key, out var entry) && entry.ExpiresAt > _time.GetTimestamp())
        {
            if (!entry.WasUsed)
            {
                entry.WasUsed = true;
            }

            _metrics.CountHit();
            value = entry.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Removes the value under a key, here and, by <see cref="CacheOptions.Invalidated"/>, on the other nodes.</summary>
    public void Remove(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        RemoveHere(key);
        _options.Invalidated?.Invoke(new(_options.Name, CacheInvalidationKind.Key, Convert.ToString(key, CultureInfo.InvariantCulture)));
    }

    /// <summary>Removes every value with a tag, here and, by <see cref="CacheOptions.Invalidated"/>, on the other nodes.</summary>
    public void RemoveTag(string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        RemoveTagHere(tag);
        _options.Invalidated?.Invoke(new(_options.Name, CacheInvalidationKind.Tag, tag));
    }

    /// <summary>Removes everything, here and, by <see cref="CacheOptions.Invalidated"/>, on the other nodes.</summary>
    public void Clear()
    {
        ClearHere();
        _options.Invalidated?.Invoke(new(_options.Name, CacheInvalidationKind.All, null));
    }

    /// <summary>Does what another node has done; nobody is told of it again.</summary>
    /// <param name="invalidation">One that names another cache is left alone; one whose key can't be read removes everything.</param>
    public void Apply(CacheInvalidation invalidation)
    {
        ArgumentNullException.ThrowIfNull(invalidation);
        if (!invalidation.Cache.Equals(_options.Name, StringComparison.Ordinal))
        {
            return;
        }

        switch (invalidation.Kind)
        {
            case CacheInvalidationKind.Key when TKey.TryParse(invalidation.Value, CultureInfo.InvariantCulture, out var key):
                RemoveHere(key);
                break;
            case CacheInvalidationKind.Tag when !string.IsNullOrEmpty(invalidation.Value):
                RemoveTagHere(invalidation.Value);
                break;
            default:
                ClearHere();
                break;
        }
    }

    /// <summary>Forgets everything and cancels the loads that run.</summary>
    public void Dispose()
    {
        List<PendingLoad<TKey, TValue>> loads;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            loads = [.. _loads.Values];
            Empty();
        }

        foreach (var load in loads)
        {
            Cancel(load);
        }
    }

    private async ValueTask<TValue> JoinAsync(TKey key, Func<CacheLoad<TKey>, CancellationToken, Task<TValue>> load, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (kept, pending, joinedAt, starts) = Join(key);
            if (kept is not null)
            {
                _metrics.CountHit();
                return kept.Value;
            }

            if (starts)
            {
                _metrics.CountLoad();
                _ = RunAsync(pending!, load);
            }
            else
            {
                _metrics.CountJoined();
            }

            Task wait = pending!.Ended.WaitAsync(cancellationToken);
            await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Leave(pending);
            if (wait.IsCanceled)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            // Whoever joined after the invalidation must not get what was read before it.
            if (joinedAt < pending.OutdatedAt)
            {
                return await pending.Ended.ConfigureAwait(false);
            }
        }
    }

    private (CacheEntry<TKey, TValue>? Kept, PendingLoad<TKey, TValue>? Pending, long JoinedAt, bool Starts) Join(TKey key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(key, out var entry))
            {
                if (entry.ExpiresAt > _time.GetTimestamp())
                {
                    return (entry, null, _invalidations, false);
                }

                Drop(entry);
            }

            var starts = !_loads.TryGetValue(key, out var pending);
            if (starts)
            {
                pending = new PendingLoad<TKey, TValue>(key, _invalidations);
                _loads.Add(key, pending);
                _running++;
            }

            pending!.Waiters++;
            return (null, pending, _invalidations, starts);
        }
    }

    private void Leave(PendingLoad<TKey, TValue> pending)
    {
        lock (_gate)
        {
            if (--pending.Waiters > 0 || pending.HasEnded)
            {
                return;
            }

            Close(pending);
        }

        Cancel(pending);
    }

    private async Task RunAsync(PendingLoad<TKey, TValue> pending, Func<CacheLoad<TKey>, CancellationToken, Task<TValue>> load)
    {
        try
        {
            var value = await load(pending.Load, pending.Cancellation.Token).ConfigureAwait(false);
            End(pending, store: true, value);
            pending.Succeed(value);
        }
        catch (Exception exception)
        {
            End(pending, store: false, default!);
            pending.Fail(exception);
        }
    }

    private void End(PendingLoad<TKey, TValue> pending, bool store, TValue value)
    {
        lock (_gate)
        {
            pending.HasEnded = true;
            pending.OutdatedAt = _recent.FirstAfter(pending.Load.Tags, pending.StartedAt);
            if (pending.IsOpen)
            {
                Close(pending);
                if (store && pending.OutdatedAt == RecentInvalidations.Never && LifetimeOf(pending.Load, value) is { } lifetime)
                {
                    Keep(pending.Load, value, lifetime);
                }
            }

            if (--_running == 0)
            {
                _recent.Clear();
            }
        }
    }

    private TimeSpan? LifetimeOf(CacheLoad<TKey> load, TValue value) =>
        !load.IsKept ? null : value is null ? _options.AbsenceLifetime : load.Lifetime ?? _options.Lifetime;

    private void Keep(CacheLoad<TKey> load, TValue value, TimeSpan lifetime)
    {
        var ticks = lifetime.TotalSeconds * _time.TimestampFrequency;
        var now = _time.GetTimestamp();
        var entry = new CacheEntry<TKey, TValue>(load.Key, value, load.Tags, ticks < long.MaxValue - now ? now + (long)ticks : long.MaxValue);
        _entries[load.Key] = entry;
        _queue.Add(entry);
        foreach (var tag in entry.Tags)
        {
            if (!_tagged.TryGetValue(tag, out var entries))
            {
                _tagged.Add(tag, entries = []);
            }

            entries.Add(entry);
        }

        while (_entries.Count > _options.MaxEntries)
        {
            Drop(_queue.Victim(entry));
            _metrics.CountEviction();
        }
    }

    private void Drop(CacheEntry<TKey, TValue> entry)
    {
        _entries.TryRemove(entry.Key, out _);
        _queue.Remove(entry);
        foreach (var tag in entry.Tags)
        {
            var entries = _tagged[tag];
            entries.Remove(entry);
            if (entries.Count == 0)
            {
                _tagged.Remove(tag);
            }
        }
    }

    private void RemoveHere(TKey key)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                Drop(entry);
            }

            if (_loads.TryGetValue(key, out var pending))
            {
                Close(pending);
            }
        }
    }

    private void RemoveTagHere(string tag)
    {
        lock (_gate)
        {
            _invalidations++;
            if (_running > 0)
            {
                _recent.Add(tag, _invalidations);
            }

            if (_tagged.TryGetValue(tag, out var entries))
            {
                foreach (var entry in entries.ToArray())
                {
                    Drop(entry);
                }
            }
        }
    }

    private void ClearHere()
    {
        lock (_gate)
        {
            Empty();
        }
    }

    private void Empty()
    {
        _entries.Clear();
        _queue.Clear();
        _tagged.Clear();
        foreach (var pending in _loads.Values)
        {
            pending.IsOpen = false;
        }

        _loads.Clear();
    }

    /// <summary>Lets nobody join any more; who waits already gets what comes, and it is not kept.</summary>
    private void Close(PendingLoad<TKey, TValue> pending)
    {
        if (pending.IsOpen)
        {
            pending.IsOpen = false;
            _loads.Remove(pending.Load.Key);
        }
    }

    private static void Cancel(PendingLoad<TKey, TValue> pending)
    {
        try
        {
            pending.Cancellation.Cancel();
        }
        catch (AggregateException)
        {
            // What a load registered on its token and threw there is the load's own affair; whoever cancels has left already.
        }
    }
}
