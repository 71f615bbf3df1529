using System.Collections.Concurrent;

namespace Causeway.Identity;

/// <summary>What was read of the database by key, for as long as nothing says that it has changed.</summary>
/// <remarks>
/// An entry is there before its row is read. So a change that comes while it is read takes the entry away, and the next request reads again; no answer from before
/// a change outlives it.
/// </remarks>
/// <param name="read">Reads one; null where there is none, which is remembered like anything else.</param>
/// <param name="isTrusted">Whether what was read at a time (<see cref="TimeProvider.GetTimestamp"/>) may still be believed.</param>
/// <param name="time">Says when.</param>
internal sealed class RememberedRows<T>(Func<string, CancellationToken, Task<T?>> read, Func<long, bool> isTrusted, TimeProvider time)
    where T : class
{
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public ValueTask<T?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(key, out var entry) && isTrusted(entry.ReadAt))
        {
            if (entry.Row is { IsCompletedSuccessfully: true } known)
            {
                return ValueTask.FromResult(known.Result);
            }

            if (!entry.Row.IsFaulted && !entry.Row.IsCanceled)
            {
                return new ValueTask<T?>(entry.Row.WaitAsync(cancellationToken));
            }
        }

        return new ValueTask<T?>(ReadAsync(key, entry, cancellationToken));
    }

    public void Forget(string key) => _entries.TryRemove(key, out _);

    public void ForgetAll() => _entries.Clear();

    private Task<T?> ReadAsync(string key, Entry? before, CancellationToken cancellationToken)
    {
        if (_entries.Count >= Most)
        {
            _entries.Clear();
        }

        var completion = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var entry = new Entry(completion.Task, time.GetTimestamp());
        if (before is null ? !_entries.TryAdd(key, entry) : !_entries.TryUpdate(key, entry, before))
        {
            // Somebody else reads it, or it was forgotten meanwhile: look again.
            return FindAsync(key, cancellationToken).AsTask();
        }

        _ = FillAsync(key, entry, completion);
        return entry.Row.WaitAsync(cancellationToken);
    }

    /// <summary>Reads on for whoever else waits, also when the one who asked first has gone.</summary>
    private async Task FillAsync(string key, Entry entry, TaskCompletionSource<T?> completion)
    {
        try
        {
            completion.SetResult(await read(key, CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            _entries.TryRemove(KeyValuePair.Create(key, entry));
            completion.SetException(exception);

            // Whoever waited may have gone; the failure is theirs, and nobody's when they have.
            _ = completion.Task.Exception;
        }
    }

    private sealed record Entry(Task<T?> Row, long ReadAt);
}
