using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;

namespace Causeway.Data;

/// <summary>
/// The data of a service: reads over pooled connections, writes each in one transaction. Both databases take the same SQL where it is kept to
/// named parameters (<c>@name</c>), <c>RETURNING</c> and <c>ON CONFLICT</c>.
/// </summary>
/// <remarks>
/// <para>Rows are mapped by Dapper: <c>snake_case</c> columns to properties and constructor parameters. Whole numbers are <c>bigint</c> and
/// <see cref="long"/>, times are Unix milliseconds in UTC, booleans are <c>boolean</c>, identifiers are <c>ordinal_text</c>: text that both
/// databases compare byte by byte.</para>
/// <para>Every method throws <see cref="DatabaseUnavailableException"/>, <see cref="UniqueViolationException"/> or
/// <see cref="ForeignKeyViolationException"/>, whichever the database; what is left is the driver's exception, and a bug.</para>
/// <para>Safe for use by any number of threads.</para>
/// </remarks>
public abstract class Database : IAsyncDisposable
{
    private protected Database() => RowMapping.Configure();

    /// <summary>Which database it is.</summary>
    public abstract DatabaseProvider Provider { get; }

    /// <summary>Connects, and so finds out whether the database can be used. Other methods connect by themselves where this was not called.</summary>
    /// <param name="cancellationToken">Stops waiting for it.</param>
    /// <exception cref="DatabaseUnavailableException">It can't be used at the moment.</exception>
    /// <exception cref="InvalidDataException">The file is no database, or lies where SQLite must not keep one; the message says what to do.</exception>
    public abstract Task OpenAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads over a connection of the pool.</summary>
    /// <param name="read">Gets the connection for as long as its task runs; results must be read to the end in it. On SQLite it can't write.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <returns>What <paramref name="read"/> returned.</returns>
    public abstract Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken = default);

    /// <summary>Does several things in ONE transaction, and returns after its commit.</summary>
    /// <param name="write">
    /// Works on the unit it gets, for as long as its task runs, and waits for nothing but the database: on SQLite all other writes wait
    /// meanwhile. If it throws, nothing of it is kept. It must not call <c>WriteAsync</c> itself but hand on its unit.
    /// </param>
    /// <param name="cancellationToken">Takes the write out of the queue, or is handed to <paramref name="write"/> once that runs; a commit is never stopped.</param>
    /// <returns>What <paramref name="write"/> returned.</returns>
    /// <exception cref="InvalidOperationException">It was called within another write.</exception>
    public abstract Task<T> WriteAsync<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<UnitOfWork, CancellationToken, Task> write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return WriteAsync<object?>(
            async (unit, token) =>
            {
                await write(unit, token).ConfigureAwait(false);
                return null;
            },
            cancellationToken);
    }

    /// <summary>One statement that writes, in a transaction of its own.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">As for <see cref="WriteAsync{T}"/>.</param>
    /// <returns>How many rows it changed.</returns>
    public Task<int> ExecuteAsync(string sql, object? parameters = null, CancellationToken cancellationToken = default) =>
        WriteAsync((unit, token) => unit.ExecuteAsync(sql, parameters, token), cancellationToken);

    /// <summary>The rows of one query, all in memory.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    public Task<List<T>> QueryAsync<T>(string sql, object? parameters = null, CancellationToken cancellationToken = default) =>
        ReadAsync((connection, token) => Rows.QueryAsync<T>(connection, null, sql, parameters, token), cancellationToken);

    /// <summary>The one row of a query, or the default where there is none.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="InvalidOperationException">There is more than one.</exception>
    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? parameters = null, CancellationToken cancellationToken = default) =>
        ReadAsync((connection, token) => Rows.QuerySingleOrDefaultAsync<T>(connection, null, sql, parameters, token), cancellationToken);

    /// <summary>The rows of one query as they come, with constant memory however many there are: one consistent state, the one of the first row.</summary>
    /// <remarks>
    /// Takes a connection until the last row, or until the enumeration is left, so read it through: on SQLite an open stream keeps the
    /// write-ahead log from being cut. Streams are limited (<see cref="DatabaseOptions.Streams"/>) and don't take connections from other reads.
    /// </remarks>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<T> StreamAsync<T>(string sql, object? parameters = null, CancellationToken cancellationToken = default) =>
        StreamRowsAsync<T>(sql, parameters, null, cancellationToken);

    /// <summary>Lets what was accepted end, then closes all connections. SQLite's file is then whole by itself, with no log beside it.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>The same, with what makes an item of the row that the reader stands at; null has it done by the columns' names.</summary>
    internal abstract IAsyncEnumerable<T> StreamRowsAsync<T>(string sql, object? parameters, Func<DbDataReader, T>? read, CancellationToken cancellationToken);

    /// <summary>Runs migrations: alone, over a connection of its own, in one transaction.</summary>
    internal abstract Task<T> MigrateAsync<T>(Func<DbConnection, DbTransaction, CancellationToken, Task<T>> migrate, CancellationToken cancellationToken);

    private protected static void RefuseWriteInWrite()
    {
        if (UnitOfWork.Current.Value is { IsOver: false })
        {
            throw new InvalidOperationException("A write was begun within a write, and would wait for itself: hand on the UnitOfWork instead.");
        }
    }

    private protected static async IAsyncEnumerable<T> ReadRowsAsync<T>(
        DbConnection connection, string sql, object? parameters, Func<DbDataReader, T>? read, Func<Exception, Exception?> translate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        OpenReader? reader = null;
        try
        {
            while (true)
            {
                T row;
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    reader ??= await OpenReader.ExecuteAsync(connection, Rows.Command(sql, parameters, null, cancellationToken)).ConfigureAwait(false);
                    if (!await reader.Rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        reader.IsThrough = true;
                        break;
                    }

                    // Made at the first row: before it, SQLite knows no types of computed columns.
                    read ??= reader.Rows.GetRowParser<T>();
                    row = read(reader.Rows);
                }
                catch (Exception exception) when (translate(exception) is { } translated)
                {
                    throw translated;
                }

                yield return row;
            }
        }
        finally
        {
            if (reader is not null)
            {
                await reader.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
