using System.Diagnostics.CodeAnalysis;

namespace Causeway.Data;

/// <summary>The connections that read. Reads take one of a fixed number; streams, which may last for minutes, are counted apart.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Semaphores without a handle; late callers must find them.")]
internal sealed class SqliteReaders(SqliteFile file, int places, int streams)
{
    private readonly SemaphoreSlim _reads = new(places);
    private readonly SemaphoreSlim _streams = new(streams);
    private readonly Lock _lock = new();
    private readonly Stack<SqliteSession> _idle = new();
    private readonly TaskCompletionSource _allBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inUse;
    private bool _closed;

    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>A connection, at once where one is free.</summary>
    public ValueTask<SqliteSession> RentAsync(bool stream, CancellationToken cancellationToken)
    {
        var place = stream ? _streams : _reads;
        return place.Wait(0, CancellationToken.None) ? new ValueTask<SqliteSession>(Take(place)) : WaitAsync(place, cancellationToken);
    }

    /// <summary>Gives it back, to be used again where nothing is left open on it.</summary>
    public void Return(SqliteSession session, bool stream, bool reusable)
    {
        var close = !reusable;
        lock (_lock)
        {
            _inUse--;
            if (!close && !_closed && _idle.Count < places)
            {
                _idle.Push(session);
            }
            else
            {
                close = true;
            }

            if (_closed && _inUse == 0)
            {
                _allBack.TrySetResult();
            }
        }

        (stream ? _streams : _reads).Release();
        if (close)
        {
            session.Dispose();
        }
    }

    /// <summary>Gives out no more, waits for those that are in use, and closes all.</summary>
    /// <returns>How many did not come back in time.</returns>
    public async Task<int> CloseAsync(TimeSpan limit, TimeProvider time)
    {
        List<SqliteSession> idle;
        lock (_lock)
        {
            _closed = true;
            idle = [.. _idle];
            _idle.Clear();
            if (_inUse == 0)
            {
                _allBack.TrySetResult();
            }
        }

        foreach (var session in idle)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            await _allBack.Task.WaitAsync(limit, time).ConfigureAwait(false);
            return 0;
        }
        catch (TimeoutException)
        {
            return InUse;
        }
    }

    private async ValueTask<SqliteSession> WaitAsync(SemaphoreSlim place, CancellationToken cancellationToken)
    {
        await place.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Take(place);
    }

    private SqliteSession Take(SemaphoreSlim place)
    {
        try
        {
            lock (_lock)
            {
                if (_closed)
                {
                    throw new DatabaseUnavailableException("The database is being closed.");
                }

                _inUse++;
                if (_idle.TryPop(out var session))
                {
                    return session;
                }
            }

            try
            {
                return file.OpenReader();
            }
            catch
            {
                lock (_lock)
                {
                    if (--_inUse == 0 && _closed)
                    {
                        _allBack.TrySetResult();
                    }
                }

                throw;
            }
        }
        catch
        {
            place.Release();
            throw;
        }
    }
}
