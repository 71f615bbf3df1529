using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Causeway.Data;

/// <summary>
/// The one connection that writes, and the thread that owns it. Writes that come while it is busy are done one after another in its next
/// transaction, and all are told after the one commit: so waiting for the disk is shared by as many as come.
/// </summary>
/// <remarks>
/// Each has a savepoint: one that fails is undone alone. The first of a transaction needs none, since until it is through there is nothing else to keep.
/// </remarks>
internal sealed class SqliteWriter
{
    private const string SavepointName = "write";

    // A transaction takes no more writes once it has lasted this long, so that the first need not wait for ever later ones.
    private static readonly TimeSpan LongTransaction = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SlowWrite = TimeSpan.FromSeconds(1);

    private readonly SqliteSession _session;
    private readonly DatabaseOptions _options;
    private readonly SqliteErrors _errors;
    private readonly DataMetrics _metrics;
    private readonly ILogger _logger;
    private readonly object _gate = new();
    private readonly Queue<SqliteWrite> _queue = new();
    private readonly List<SqliteWrite> _batch = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly sqlite3_stmt _savepoint;
    private readonly sqlite3_stmt _release;
    private readonly sqlite3_stmt _rollBack;
    private bool _closed;
    private bool _checkpointDue;
    private bool _wroteSinceCheckpoint = true;

    public SqliteWriter(SqliteSession session, DatabaseOptions options, SqliteErrors errors, DataMetrics metrics, ILogger logger)
    {
        _session = session;
        _options = options;
        _errors = errors;
        _metrics = metrics;
        _logger = logger;
        _savepoint = Prepare("SAVEPOINT " + SavepointName);
        _release = Prepare("RELEASE " + SavepointName);
        _rollBack = Prepare("ROLLBACK TO " + SavepointName);
        new Thread(Run) { IsBackground = true, Name = "database writer" }.Start();
    }

    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Puts a write in the queue.</summary>
    /// <exception cref="DatabaseUnavailableException">The queue is full, or closed.</exception>
    public void Enqueue(SqliteWrite write)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new DatabaseUnavailableException("The database is being closed.");
            }

            if (_queue.Count >= _options.SqliteQueuedWrites)
            {
                throw new DatabaseUnavailableException("Too many writes wait for the database.");
            }

            // In the lock, so that the writer can't end the watch before it has begun.
            write.Watch();
            _queue.Enqueue(write);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Has the log carried over into the file as soon as no write waits.</summary>
    public void RequestCheckpoint()
    {
        lock (_gate)
        {
            _checkpointDue = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes no more writes; done when those in the queue are through. The connection stays open.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        return _stopped.Task;
    }

    /// <summary>Carries the log over and closes the connection, after <see cref="StopAsync"/>.</summary>
    public void Close()
    {
        Checkpoint();
        _savepoint.Dispose();
        _release.Dispose();
        _rollBack.Dispose();
        _session.Dispose();
    }

    private void Run()
    {
        while (Next() is { } write)
        {
            RunBatch(write);
        }

        _stopped.SetResult();
    }

    private SqliteWrite? Next()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_queue.Count == 0 && !_closed && !_checkpointDue)
                {
                    Monitor.Wait(_gate);
                }

                if (_queue.TryDequeue(out var write))
                {
                    return write;
                }

                if (_closed)
                {
                    return null;
                }

                _checkpointDue = false;
            }

            Checkpoint();
        }
    }

    private SqliteWrite? NextOfBatch(long begun)
    {
        if (_batch.Count >= _options.SqliteWritesPerCommit || Stopwatch.GetElapsedTime(begun) > LongTransaction)
        {
            return null;
        }

        lock (_gate)
        {
            return _queue.TryDequeue(out var write) ? write : null;
        }
    }

    private void RunBatch(SqliteWrite first)
    {
        var begun = Stopwatch.GetTimestamp();
        SqliteTransaction? transaction = null;
        for (var write = first; write is not null; write = NextOfBatch(begun))
        {
            if (!write.TryBegin())
            {
                continue;
            }

            try
            {
                transaction ??= _session.BeginTransaction(deferred: false);
            }
            catch (SqliteException exception)
            {
                Fail(write, exception);
                continue;
            }

            if (!RunOne(write, transaction))
            {
                transaction.Dispose();
                transaction = null;
            }
        }

        if (transaction is not null)
        {
            Commit(transaction);
            transaction.Dispose();
        }
    }

    /// <summary>Runs a write in the transaction; false when that is over.</summary>
    private bool RunOne(SqliteWrite write, SqliteTransaction transaction)
    {
        var isFirst = _batch.Count == 0;
        var begun = Stopwatch.GetTimestamp();
        Exception? failure = null;
        if (!isFirst && Step(_savepoint) is { } refused)
        {
            failure = refused;
        }

        if (failure is null)
        {
            var unit = new UnitOfWork(DatabaseProvider.Sqlite, _session, transaction, exception => _errors.Translate(exception, _session));
            failure = write.Run(unit) ?? (unit.HasFailed ? UnitOfWork.WentOn() : null);
        }

        var took = Stopwatch.GetElapsedTime(begun);
        if (took > SlowWrite)
        {
            _logger.SlowWrite(took.TotalMilliseconds);
        }

        // A full disk, for one, makes SQLite give up the whole transaction, and with it what the others wrote.
        if (raw.sqlite3_get_autocommit(_session.Handle) != 0)
        {
            FailBatch(new DatabaseUnavailableException("The transaction was given up because of another write in it.", failure));
            Fail(write, failure ?? new InvalidOperationException("The write ended the transaction, which is not its own."));
            return false;
        }

        failure ??= DeferredViolation();
        if (failure is null && (isFirst || (failure = Step(_release)) is null))
        {
            _batch.Add(write);
            return true;
        }

        Fail(write, failure);
        if (isFirst)
        {
            return RollBack(transaction);
        }

        if ((Step(_rollBack) ?? Step(_release)) is { } broken)
        {
            FailBatch(broken);
            return RollBack(transaction);
        }

        return true;
    }

    private static bool RollBack(SqliteTransaction transaction)
    {
        try
        {
            transaction.Rollback();
        }
        catch (SqliteException)
        {
            // It is over already.
        }

        return false;
    }

    private void Commit(SqliteTransaction transaction)
    {
        try
        {
            transaction.Commit();
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException)
        {
            _logger.CommitFailed(_batch.Count, exception);
            RollBack(transaction);
            FailBatch(exception);
            return;
        }

        _wroteSinceCheckpoint = true;
        _metrics.CountCommit(_batch.Count);
        foreach (var write in _batch)
        {
            write.Unit!.RunCommitted(_logger.CommittedActionFailed);
            _metrics.CountWrite(write.Begun);
            write.Complete();
        }

        _batch.Clear();
    }

    private void FailBatch(Exception exception)
    {
        foreach (var write in _batch)
        {
            Fail(write, exception);
        }

        _batch.Clear();
    }

    private void Fail(SqliteWrite write, Exception exception)
    {
        var failure = _errors.Translate(exception, _session) ?? exception;
        _metrics.CountFailure(failure);
        write.Fail(failure);
    }

    /// <summary>A reference that may be mended until the commit must be mended at the write's end, else the commit would fail for all.</summary>
    private ForeignKeyViolationException? DeferredViolation() =>
        raw.sqlite3_db_status(_session.Handle, raw.SQLITE_DBSTATUS_DEFERRED_FKS, out var pending, out _, 0) == raw.SQLITE_OK && pending != 0
            ? new ForeignKeyViolationException(null)
            : null;

    private void Checkpoint()
    {
        if (!_wroteSinceCheckpoint)
        {
            return;
        }

        // Without waiting for readers: what they hold is left for the next time.
        raw.sqlite3_busy_timeout(_session.Handle, 0);
        var result = raw.sqlite3_wal_checkpoint_v2(_session.Handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        raw.sqlite3_busy_timeout(_session.Handle, (int)_options.SqliteBusyTimeout.TotalMilliseconds);
        if (result == raw.SQLITE_OK)
        {
            _wroteSinceCheckpoint = false;
        }
        else if (result != raw.SQLITE_BUSY)
        {
            _logger.CheckpointFailed(ErrorOf(result));
        }
    }

    private sqlite3_stmt Prepare(string sql)
    {
        var result = raw.sqlite3_prepare_v2(_session.Handle, sql, out var statement);
        return result == raw.SQLITE_OK ? statement : throw ErrorOf(result);
    }

    private SqliteException? Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        return result is raw.SQLITE_DONE or raw.SQLITE_ROW ? null : ErrorOf(result);
    }

    private SqliteException ErrorOf(int result) => new(raw.sqlite3_errmsg(_session.Handle).utf8_to_string(), result & 0xFF, result);
}
