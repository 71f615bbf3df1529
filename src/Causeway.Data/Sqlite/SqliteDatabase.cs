using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Causeway.Data;

/// <summary>The data in a file: one writer, several readers that it never stops.</summary>
internal sealed class SqliteDatabase : Database
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(10);

    private readonly DatabaseOptions _options;
    private readonly SqliteFile _file;
    private readonly SqliteErrors _errors = new();
    private readonly SqliteReaders _readers;
    private readonly DataMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _opening = new();
    private ITimer? _checkpoints;
    private SqliteWriter? _writer;
    private bool _closed;

    public SqliteDatabase(DatabaseOptions options, DataMetrics metrics, TimeProvider time, ILogger logger)
    {
        _options = options;
        _file = new SqliteFile(options);
        _readers = new SqliteReaders(_file, options.SqliteReaders, options.Streams);
        _metrics = metrics;
        _time = time;
        _logger = logger;
        metrics.Queued = () => Volatile.Read(ref _writer)?.Queued ?? 0;
        metrics.WalBytes = () => _file.LogBytes;
        metrics.Connections = () => _readers.InUse;
    }

    public override DatabaseProvider Provider => DatabaseProvider.Sqlite;

    public override Task OpenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Writer();
        return Task.CompletedTask;
    }

    public override async Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        cancellationToken.ThrowIfCancellationRequested();
        Writer();
        var begun = DataMetrics.Begin();
        using var span = DataTracing.Start("read", Provider);
        var session = await _readers.RentAsync(stream: false, cancellationToken).ConfigureAwait(false);
        try
        {
            T result;
            using (InterruptWhenCancelled(session, cancellationToken))
            {
                result = await read(session, cancellationToken).ConfigureAwait(false);
            }

            _metrics.CountRead(begun);
            return result;
        }
        catch (Exception exception)
        {
            var translated = _errors.Translate(exception, session, cancellationToken);
            _metrics.CountFailure(translated ?? exception);
            if (translated is not null)
            {
                throw translated;
            }

            throw;
        }
        finally
        {
            _readers.Return(session, stream: false, IsClean(session));
        }
    }

    public override Task<T> WriteAsync<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            RefuseWriteInWrite();
            var around = Activity.Current;
            var span = DataTracing.Start("write", Provider);
            var queued = new SqliteWrite<T>(write, ExecutionContext.Capture(), cancellationToken);
            if (span is not null)
            {
                Activity.Current = around;
            }

            Writer().Enqueue(queued);
            return span is null ? queued.Done : DataTracing.FollowAsync(queued.Done, span);
        }
        catch (OperationCanceledException)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }
        catch (Exception exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    internal override async IAsyncEnumerable<T> StreamRowsAsync<T>(
        string sql, object? parameters, Func<DbDataReader, T>? read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Writer();
        var session = await _readers.RentAsync(stream: true, cancellationToken).ConfigureAwait(false);
        try
        {
            using (InterruptWhenCancelled(session, cancellationToken))
            {
                await foreach (var row in ReadRowsAsync(
                    session, sql, parameters, read, exception => _errors.Translate(exception, session, cancellationToken), cancellationToken).ConfigureAwait(false))
                {
                    yield return row;
                }
            }
        }
        finally
        {
            _readers.Return(session, stream: true, IsClean(session));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        SqliteWriter? writer;
        lock (_opening)
        {
            _closed = true;
            (writer, _writer) = (_writer, null);
        }

        if (writer is null)
        {
            return;
        }

        await _checkpoints!.DisposeAsync().ConfigureAwait(false);
        await writer.StopAsync().ConfigureAwait(false);
        if (await _readers.CloseAsync(CloseLimit, _time).ConfigureAwait(false) is > 0 and var left)
        {
            _logger.ReadersLeft(left);
        }

        // Last, when no reader holds the log: it is carried over whole and goes away.
        writer.Close();
    }

    /// <summary>In one transaction of a connection without foreign keys, as SQLite wants it for tables that are made anew; they are checked before the commit.</summary>
    internal override async Task<T> MigrateAsync<T>(Func<DbConnection, DbTransaction, CancellationToken, Task<T>> migrate, CancellationToken cancellationToken)
    {
        Writer();
        var session = _file.OpenWriter();
        await using (session.ConfigureAwait(false))
        {
            await ExecuteAsync(session, "PRAGMA foreign_keys = 0", cancellationToken).ConfigureAwait(false);
            try
            {
                // Whoever migrates holds the file; a second one waits here until the first is done.
                var transaction = await BeginAsync(session, cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var result = await migrate(session, transaction, cancellationToken).ConfigureAwait(false);
                    await RefuseBrokenReferencesAsync(session, cancellationToken).ConfigureAwait(false);
                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return result;
                }
            }
            catch (SqliteException exception) when (_errors.Translate(exception, session, cancellationToken) is { } translated)
            {
                throw translated;
            }
        }
    }

    private static async Task<SqliteTransaction> BeginAsync(SqliteSession session, CancellationToken cancellationToken)
    {
        const int Busy = 5;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return session.BeginTransaction(deferred: false);
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == Busy && cancellationToken.CanBeCanceled)
            {
                // The caller's deadline says when it is enough.
                await Task.Yield();
            }
        }
    }

    private static async Task ExecuteAsync(SqliteSession session, string sql, CancellationToken cancellationToken) =>
        await Rows.ExecuteAsync(session, null, sql, null, cancellationToken).ConfigureAwait(false);

    private static async Task RefuseBrokenReferencesAsync(SqliteSession session, CancellationToken cancellationToken)
    {
        var broken = await Rows.QueryAsync<string>(session, session.CurrentTransaction, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check", null, cancellationToken)
            .ConfigureAwait(false);
        if (broken.Count > 0)
        {
            throw new MigrationException($"The migrations would leave rows of {string.Join(", ", broken)} that refer to nothing. Nothing was changed.");
        }
    }

    private static CancellationTokenRegistration InterruptWhenCancelled(SqliteSession session, CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static state => raw.sqlite3_interrupt(((SqliteSession)state!).Handle), session);

    private bool IsClean(SqliteSession session)
    {
        if (session.OpenCommands == 0 && session.CurrentTransaction is null && raw.sqlite3_get_autocommit(session.Handle) != 0)
        {
            return true;
        }

        _logger.ReaderLeftOpen();
        return false;
    }

    private SqliteWriter Writer() => Volatile.Read(ref _writer) ?? OpenWriter();

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The writer has it until it is closed.")]
    private SqliteWriter OpenWriter()
    {
        lock (_opening)
        {
            if (_closed)
            {
                throw new DatabaseUnavailableException("The database is being closed.");
            }

            if (_writer is not null)
            {
                return _writer;
            }

            var writer = new SqliteWriter(_file.OpenWriter(), _options, _errors, _metrics, _logger);
            _checkpoints = _time.CreateTimer(
                static state => ((SqliteWriter)state!).RequestCheckpoint(), writer, _options.SqliteCheckpointInterval, _options.SqliteCheckpointInterval);
            Volatile.Write(ref _writer, writer);
            return writer;
        }
    }
}
