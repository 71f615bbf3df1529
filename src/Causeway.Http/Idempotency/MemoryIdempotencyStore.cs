using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Keeps keys and answers in memory: for one process, and for no longer than it lives.</summary>
internal sealed class MemoryIdempotencyStore(IOptions<IdempotencyOptions> options, TimeProvider time) : IIdempotencyStore
{
    private const int EntryBytes = 400;

    private readonly IdempotencyOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<IdempotencyKey, Entry> _entries = [];

    // Finished entries, oldest first; all are kept equally long, so this is also the order in which they expire.
    private readonly LinkedList<Entry> _finished = new();
    private long _bytes;

    /// <summary>Keys held, for tests and metrics.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IdempotencyClaim> ClaimAsync(IdempotencyKey key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp() + (long)(_options.WaitForFirst.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            Task first;
            lock (_lock)
            {
                Forget(time.GetUtcNow());
                if (!_entries.TryGetValue(key, out var entry))
                {
                    return new IdempotencyClaim(TryAdd(key, fingerprint) ? IdempotencyStatus.Claimed : IdempotencyStatus.Full);
                }

                if (!entry.Fingerprint.Span.SequenceEqual(fingerprint.Span))
                {
                    return new IdempotencyClaim(IdempotencyStatus.Mismatch);
                }

                if (entry.Answer is { } answer)
                {
                    return new IdempotencyClaim(IdempotencyStatus.Answered, answer);
                }

                first = entry.Ended.Task;
            }

            // A first request that failed frees the key; then one of those who waited does the work.
            var left = time.GetElapsedTime(time.GetTimestamp(), deadline);
            if (left <= TimeSpan.Zero || !await EndsWithinAsync(first, left, cancellationToken).ConfigureAwait(false))
            {
                return new IdempotencyClaim(IdempotencyStatus.InProgress);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask CompleteAsync(IdempotencyKey key, IdempotentAnswer answer)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry) && entry.Answer is null)
            {
                entry.Answer = answer;
                entry.ExpiresAt = time.GetUtcNow() + _options.Retention;
                _finished.AddLast(entry);
                _bytes += answer.Body.Length;
                entry.Bytes += answer.Body.Length;
                entry.Ended.SetResult();
                ShrinkTo(_options.MaxKeys, _options.MaxStoredBytes);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ForgetExpiredAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Forget(time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(IdempotencyKey key)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry) && entry.Answer is null)
            {
                Remove(entry);
                entry.Ended.SetResult();
            }
        }

        return ValueTask.CompletedTask;
    }

    private static bool HasRoom(int count, long bytes, int maxKeys, long maxBytes) => count <= maxKeys && bytes <= maxBytes;

    private async Task<bool> EndsWithinAsync(Task first, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await first.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool TryAdd(IdempotencyKey key, ReadOnlyMemory<byte> fingerprint)
    {
        var entry = new Entry(key, fingerprint) { Bytes = EntryBytes + (2 * (key.Principal.Length + key.Target.Length + key.Key.Length)) };
        ShrinkTo(_options.MaxKeys - 1, _options.MaxStoredBytes - entry.Bytes);

        // What still runs is never forgotten; if that alone fills the store, nothing new is taken.
        if (!HasRoom(_entries.Count + 1, _bytes + entry.Bytes, _options.MaxKeys, _options.MaxStoredBytes))
        {
            return false;
        }

        _entries.Add(key, entry);
        _bytes += entry.Bytes;
        return true;
    }

    private void ShrinkTo(int keys, long bytes)
    {
        while (_finished.First is { } oldest && !HasRoom(_entries.Count, _bytes, keys, bytes))
        {
            _finished.RemoveFirst();
            Remove(oldest.Value);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        while (_finished.First is { } oldest && oldest.Value.ExpiresAt <= now)
        {
            _finished.RemoveFirst();
            Remove(oldest.Value);
        }
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Key);
        _bytes -= entry.Bytes;
    }

    private sealed class Entry(IdempotencyKey key, ReadOnlyMemory<byte> fingerprint)
    {
        public IdempotencyKey Key { get; } = key;

        public ReadOnlyMemory<byte> Fingerprint { get; } = fingerprint;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IdempotentAnswer? Answer { get; set; }

        public DateTimeOffset ExpiresAt { get; set; }

        public long Bytes { get; set; }
    }
}
