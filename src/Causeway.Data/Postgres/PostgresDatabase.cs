using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Causeway.Data;

/// <summary>The data on a PostgreSQL server: pooled connections, and a transaction for each write.</summary>
internal sealed class PostgresDatabase : Database
{
    // One number for all of Causeway's schemas in a database: migrations are rare, and wait for each other at worst.
    private const long MigrationLock = 0x43_41_55_53_45_57_41_59;

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _streams;
    private readonly TimeSpan _standstill;
    private readonly DataMetrics _metrics;
    private readonly ILogger _logger;
    private int _inUse;
    private int _closed;

    public PostgresDatabase(DatabaseOptions options, DataMetrics metrics, ILoggerFactory loggers)
    {
        _streams = new SemaphoreSlim(options.Streams);
        _standstill = options.PostgresIdleWriteLimit;
        _metrics = metrics;
        _logger = loggers.CreateLogger("Causeway.Data");
        var builder = new NpgsqlDataSourceBuilder(WithDefaults(options.ConnectionString!));
        _source = builder.Build();
        metrics.Connections = () => Volatile.Read(ref _inUse);
    }

    public override DatabaseProvider Provider => DatabaseProvider.Postgres;

    public override Task OpenAsync(CancellationToken cancellationToken = default) => ReadAsync(
        static async (connection, token) => await connection.ExecuteScalarAsync<int>(new CommandDefinition("SELECT 1", cancellationToken: token)).ConfigureAwait(false),
        cancellationToken);

    public override async Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        var begun = DataMetrics.Begin();
        using var span = DataTracing.Start("read", Provider);
        Interlocked.Increment(ref _inUse);
        try
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var result = await read(connection, cancellationToken).ConfigureAwait(false);
                _metrics.CountRead(begun);
                return result;
            }
        }
        catch (Exception exception)
        {
            var translated = Translate(exception);
            _metrics.CountFailure(translated ?? exception);
            if (translated is not null)
            {
                throw translated;
            }

            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inUse);
        }
    }

    public override async Task<T> WriteAsync<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        RefuseWriteInWrite();
        var begun = DataMetrics.Begin();
        using var span = DataTracing.Start("write", Provider);
        Interlocked.Increment(ref _inUse);
        try
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var unit = new UnitOfWork(DatabaseProvider.Postgres, connection, transaction, Translate);
                    unit.LimitStandstill(_standstill);
                    UnitOfWork.Current.Value = unit;
                    T result;
                    try
                    {
                        result = await write(unit, cancellationToken).ConfigureAwait(false);
                    }
                    finally
                    {
                        unit.End();
                    }

                    await RefuseFailedAsync(unit, connection, transaction).ConfigureAwait(false);
                    await CommitAsync(transaction).ConfigureAwait(false);
                    unit.RunCommitted(_logger.CommittedActionFailed);
                    _metrics.CountCommit(1);
                    _metrics.CountWrite(begun);
                    return result;
                }
            }
        }
        catch (Exception exception)
        {
            var translated = Translate(exception);
            _metrics.CountFailure(translated ?? exception);
            if (translated is not null)
            {
                throw translated;
            }

            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inUse);
        }
    }

    internal override async IAsyncEnumerable<T> StreamRowsAsync<T>(
        string sql, object? parameters, Func<DbDataReader, T>? read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _inUse);
        try
        {
            var connection = await ConnectOrTranslateAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                await foreach (var row in ReadRowsAsync(connection, sql, parameters, read, Translate, cancellationToken).ConfigureAwait(false))
                {
                    yield return row;
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inUse);
            _streams.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal override async Task<T> MigrateAsync<T>(Func<DbConnection, DbTransaction, CancellationToken, Task<T>> migrate, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await connection.ExecuteAsync(new CommandDefinition(
                        UnitOfWork.StandstillStatement(_standstill) + "SELECT pg_advisory_xact_lock(@MigrationLock)", new { MigrationLock }, transaction, commandTimeout: 0, cancellationToken: cancellationToken)).ConfigureAwait(false);
                    var result = await migrate(connection, transaction, cancellationToken).ConfigureAwait(false);
                    await CommitAsync(transaction).ConfigureAwait(false);
                    return result;
                }
            }
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>What pays for everybody, unless the connection string says otherwise: statements that come twice are prepared, and a dead peer is noticed.</summary>
    internal static string WithDefaults(string connectionString)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (!Has("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 100;
            builder.AutoPrepareMinUsages = 2;
        }

        if (!Has("Keepalive"))
        {
            builder.KeepAlive = 30;
        }

        if (!Has("Application Name"))
        {
            builder.ApplicationName = "causeway";
        }

        return builder.ConnectionString;

        bool Has(string key) => given.ContainsKey(key) || given.ContainsKey(key.Replace(" ", "", StringComparison.Ordinal));
    }

    /// <summary>A commit of a transaction in which a statement failed undoes it, and says nothing of that.</summary>
    private static async Task RefuseFailedAsync(UnitOfWork unit, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        if (unit.HasFailed)
        {
            throw UnitOfWork.WentOn();
        }

        if (!unit.WasHandedOut)
        {
            return;
        }

        try
        {
            await connection.ExecuteAsync(new CommandDefinition("SELECT 1", transaction: transaction)).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw UnitOfWork.WentOn(exception);
        }
    }

    private static async Task CommitAsync(NpgsqlTransaction transaction)
    {
        try
        {
            // Without a token: once it is on its way nobody could tell whether it was done.
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            throw PostgresErrors.Unavailable(exception, mayBeDone: true);
        }
    }

    private Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken).AsTask();

    private async Task<NpgsqlConnection> ConnectOrTranslateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private Exception? Translate(Exception exception)
    {
        if (exception is ObjectDisposedException && Volatile.Read(ref _closed) == 1)
        {
            return new DatabaseUnavailableException("The database is being closed.", exception);
        }

        if (PostgresErrors.TakesNoWrites(exception))
        {
            // Others lead there as well; new ones may lead to the server that took over.
            _source.Clear();
        }

        return PostgresErrors.Translate(exception);
    }
}
