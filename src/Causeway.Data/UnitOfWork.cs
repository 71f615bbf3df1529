using System.Data.Common;
using System.Globalization;

namespace Causeway.Data;

/// <summary>
/// One transaction. Stores take it in their writing methods, so that several of them can write together. It belongs to the delegate it was
/// given to and ends with it; not safe for use by several threads at once.
/// </summary>
/// <remarks>
/// After a statement failed the unit can only be given up, by letting the exception through: PostgreSQL takes nothing more in such a
/// transaction, and a write that went on all the same fails at its end. What may fail goes into <see cref="AttemptAsync{T}"/>.
/// </remarks>
public sealed class UnitOfWork
{
    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly Func<Exception, Exception?> _translate;
    private string? _ahead;
    private List<Action>? _committed;
    private int _attempts;

    internal UnitOfWork(DatabaseProvider provider, DbConnection connection, DbTransaction transaction, Func<Exception, Exception?> translate)
    {
        Provider = provider;
        _connection = connection;
        _transaction = transaction;
        _translate = translate;
    }

    /// <summary>Which database it is, for the rare statement that differs.</summary>
    public DatabaseProvider Provider { get; }

    /// <summary>The connection, for statements that the methods here don't fit; they need <see cref="Transaction"/> too.</summary>
    public DbConnection Connection
    {
        get
        {
            WasHandedOut = true;
            return IsOver ? throw Over() : _connection;
        }
    }

    /// <summary>The transaction. It is committed or rolled back by the database, never by you.</summary>
    public DbTransaction Transaction => IsOver ? throw Over() : _transaction;

    /// <summary>The unit of the write that runs in this flow, so that one within another is noticed.</summary>
    internal static AsyncLocal<UnitOfWork?> Current { get; } = new();

    internal bool IsOver { get; private set; }

    /// <summary>Whether a statement failed that no attempt was made around.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>Whether statements may have been run, and have failed, unseen.</summary>
    internal bool WasHandedOut { get; private set; }

    /// <summary>Has something done after the commit and before the write returns, in order; never when the transaction is rolled back.</summary>
    /// <param name="action">Short, in memory, and waits for nothing: other writes wait meanwhile. If it throws, that is logged; the write stands.</param>
    public void OnCommitted(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        (IsOver ? throw Over() : _committed ??= []).Add(action);
    }

    /// <summary>One statement that writes.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters; a list of such runs the statement for each.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many rows it changed.</returns>
    public async Task<int> ExecuteAsync(string sql, object? parameters = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Rows.ExecuteAsync(IsOver ? throw Over() : _connection, _transaction, WithAhead(sql), parameters, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failed(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>The rows of a query, or of a statement with <c>RETURNING</c>.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<List<T>> QueryAsync<T>(string sql, object? parameters = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Rows.QueryAsync<T>(IsOver ? throw Over() : _connection, _transaction, WithAhead(sql), parameters, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failed(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>The one row of a query, or of a statement with <c>RETURNING</c>; the default where there is none.</summary>
    /// <param name="sql">With named parameters.</param>
    /// <param name="parameters">An object whose properties are the parameters.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="InvalidOperationException">There is more than one.</exception>
    public async Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? parameters = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Rows.QuerySingleOrDefaultAsync<T>(IsOver ? throw Over() : _connection, _transaction, WithAhead(sql), parameters, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failed(exception) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>
    /// Says how long the write may stand still between two statements from the next one on, before PostgreSQL undoes it and gives its locks free, so that others don't wait for a process that is frozen or cut off.
    /// Goes to the server along with the next statement. Without it <see cref="DatabaseOptions.PostgresIdleWriteLimit"/> counts. Does nothing on SQLite, whose other users are in the same process.
    /// </summary>
    /// <param name="limit">1 ms–1 h; absent, 3 s, for locks that many wait for.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is out of its limits.</exception>
    public void LimitStandstill(TimeSpan? limit = null)
    {
        var given = limit ?? TimeSpan.FromSeconds(3);
        ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.FromMilliseconds(1), nameof(limit));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given, TimeSpan.FromHours(1), nameof(limit));
        _ahead = Provider == DatabaseProvider.Postgres ? StandstillStatement(given) : null;
    }

    /// <summary>
    /// Waits until no other write has the lock of this name, and keeps it to the end of this one: for what several processes must do one after the other, such as counting before taking. On SQLite, where one
    /// write runs at a time, there is nothing to wait for.
    /// </summary>
    /// <param name="name">Of the application's choice, such as <c>myapp nightly</c>; one for all who use this database.</param>
    /// <param name="mayStandStill">As for <see cref="LimitStandstill"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mayStandStill"/> is out of its limits.</exception>
    public async Task LockAsync(string name, TimeSpan? mayStandStill = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        LimitStandstill(mayStandStill);
        if (Provider == DatabaseProvider.Postgres)
        {
            await ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended(@name, 0))", new { name }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does something that may fail without taking the unit with it: what it wrote is undone if it throws, and the exception comes through.</summary>
    /// <param name="attempt">Works on this unit.</param>
    /// <param name="cancellationToken">Stops it before it begins.</param>
    /// <returns>What <paramref name="attempt"/> returned.</returns>
    public async Task<T> AttemptAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        var name = $"attempt_{++_attempts}";
        await ExecuteAsync($"SAVEPOINT {name}", cancellationToken: cancellationToken).ConfigureAwait(false);
        T result;
        try
        {
            result = await attempt().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Without the token: an attempt that was cancelled must be undone all the same.
            await ExecuteAsync($"ROLLBACK TO SAVEPOINT {name}", cancellationToken: CancellationToken.None).ConfigureAwait(false);
            await ExecuteAsync($"RELEASE SAVEPOINT {name}", cancellationToken: CancellationToken.None).ConfigureAwait(false);
            HasFailed = false;
            if (_translate(exception) is { } translated)
            {
                throw translated;
            }

            throw;
        }

        await ExecuteAsync($"RELEASE SAVEPOINT {name}", cancellationToken: CancellationToken.None).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc cref="AttemptAsync{T}"/>
    public Task AttemptAsync(Func<Task> attempt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        return AttemptAsync<object?>(
            async () =>
            {
                await attempt().ConfigureAwait(false);
                return null;
            },
            cancellationToken);
    }

    /// <summary>What makes PostgreSQL end a transaction that stands still for so long.</summary>
    internal static string StandstillStatement(TimeSpan limit) =>
        string.Create(CultureInfo.InvariantCulture, $"SET LOCAL idle_in_transaction_session_timeout = {(int)limit.TotalMilliseconds};");

    /// <summary>Ends it: from here on nobody may use it.</summary>
    internal void End() => IsOver = true;

    /// <summary>Does what was to be done after the commit.</summary>
    internal void RunCommitted(Action<Exception> failed)
    {
        if (_committed is null)
        {
            return;
        }

        foreach (var action in _committed)
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }
    }

    /// <summary>What a write that went on after a failure is told.</summary>
    internal static InvalidOperationException WentOn(Exception? inner = null) => new(
        "A statement of this write had failed before it ended, and nothing of it was kept. Let the exception through, or put what may fail into AttemptAsync.", inner);

    /// <summary>With what is to be set before it: both go to the server at once.</summary>
    private string WithAhead(string sql)
    {
        var both = _ahead + sql;
        _ahead = null;
        return both;
    }

    /// <summary>A filter that never catches what it does not translate; it notes the failure either way.</summary>
    private Exception? Failed(Exception exception)
    {
        HasFailed |= exception is DbException or OperationCanceledException;
        return _translate(exception);
    }

    private static ObjectDisposedException Over() => new(nameof(UnitOfWork), "The write that this unit belongs to is over.");
}
