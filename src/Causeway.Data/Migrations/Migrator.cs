using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;

namespace Causeway.Data;

/// <summary>
/// Brings the schema where this program needs it, and back. A run is one transaction under a lock: of several nodes that start at once one
/// migrates and the others wait, and a run that fails leaves the database as it was.
/// </summary>
/// <remarks>Libraries are taken in the order of their <c>AddMigrations</c>; the way back is the reverse of what was applied.</remarks>
public sealed class Migrator
{
    private const string Table = "causeway_migrations";

    private readonly Database _database;
    private readonly List<MigrationSource> _sources;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal Migrator(Database database, IEnumerable<MigrationSource> sources, TimeProvider time, ILogger logger)
    {
        _database = database;
        _sources = [.. sources];
        _time = time;
        _logger = logger;
        if (_sources.GroupBy(static source => source.Library).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"The migrations of {twice.Key} were added twice.");
        }
    }

    /// <summary>All migrations, those of the program in its order and then those that only the database knows. Changes nothing.</summary>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public async Task<IReadOnlyList<MigrationStatus>> StatusAsync(CancellationToken cancellationToken = default)
    {
        var applied = await _database.ReadAsync(
            async (connection, token) => await HasTableAsync(connection, null, token).ConfigureAwait(false)
                ? await AppliedAsync(connection, null, token).ConfigureAwait(false)
                : [],
            cancellationToken).ConfigureAwait(false);
        return Compare(applied);
    }

    /// <summary>Applies what is pending.</summary>
    /// <param name="cancellationToken">Stops waiting for the lock, or the run; then nothing was changed.</param>
    /// <returns>What was applied, in order.</returns>
    /// <exception cref="MigrationException">The database is newer than this program, a migration was changed since, or one failed.</exception>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public async Task<IReadOnlyList<MigrationStatus>> UpAsync(CancellationToken cancellationToken = default)
    {
        var (done, wasEmpty) = await _database.MigrateAsync(
            async (connection, transaction, token) =>
            {
                await CreateTableAsync(connection, transaction, token).ConfigureAwait(false);
                var applied = await AppliedAsync(connection, transaction, token).ConfigureAwait(false);
                Refuse(applied);
                var position = applied.Count == 0 ? 0 : applied[^1].Position;
                var known = applied.Select(static row => (row.Library, row.Number)).ToHashSet();
                var done = new List<MigrationStatus>();
                foreach (var migration in _sources.SelectMany(static source => source.Migrations))
                {
                    if (known.Contains((migration.Library, migration.Number)))
                    {
                        continue;
                    }

                    await RunAsync(connection, transaction, migration, up: true, token).ConfigureAwait(false);
                    var now = _time.GetUtcNow();
                    await connection.ExecuteAsync(new CommandDefinition(
                        $"""
                        INSERT INTO {Table} (library, number, name, checksum, applied_at, position)
                        VALUES (@Library, @Number, @Name, @Checksum, @AppliedAt, @Position)
                        """,
                        new
                        {
                            migration.Library,
                            Number = (long)migration.Number,
                            migration.Name,
                            migration.Checksum,
                            AppliedAt = now.ToUnixTimeMilliseconds(),
                            Position = ++position,
                        },
                        transaction,
                        cancellationToken: token)).ConfigureAwait(false);
                    done.Add(new MigrationStatus(migration.Library, migration.Number, migration.Name, MigrationState.Applied, now));
                }

                return (done, applied.Count == 0);
            },
            cancellationToken).ConfigureAwait(false);
        if (wasEmpty && done.Count > 0)
        {
            _logger.DatabaseMade(done.Count);
        }
        else
        {
            done.ForEach(migration => _logger.MigrationApplied(migration.Library, migration.Number, migration.Name));
        }

        return done;
    }

    /// <summary>Undoes the migrations that were applied last, with what they hold.</summary>
    /// <param name="count">How many; from 1. Those before stay.</param>
    /// <param name="cancellationToken">Stops waiting for the lock, or the run; then nothing was changed.</param>
    /// <returns>What was undone, in order.</returns>
    /// <exception cref="MigrationException">One of them is not this program's, was changed since, or failed.</exception>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public Task<IReadOnlyList<MigrationStatus>> DownAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return UndoAsync(applied => applied.AsEnumerable().Reverse().Take(count), cancellationToken);
    }

    /// <summary>Undoes every migration that was applied after one.</summary>
    /// <param name="library">Whose it is.</param>
    /// <param name="number">Which; it stays itself.</param>
    /// <param name="cancellationToken">Stops waiting for the lock, or the run; then nothing was changed.</param>
    /// <returns>What was undone, in order.</returns>
    /// <exception cref="MigrationException">The database doesn't have it, or one after it is not this program's, was changed since, or failed.</exception>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public Task<IReadOnlyList<MigrationStatus>> DownToAsync(string library, int number, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(library);
        return UndoAsync(
            applied =>
            {
                var target = applied.FindIndex(row => row.Library == library && row.Number == number);
                return target < 0
                    ? throw new MigrationException($"The database has no migration {number:0000} of {library}. Nothing was changed.")
                    : applied.Skip(target + 1).Reverse();
            },
            cancellationToken);
    }

    private async Task<IReadOnlyList<MigrationStatus>> UndoAsync(Func<List<Applied>, IEnumerable<Applied>> choose, CancellationToken cancellationToken)
    {
        var undone = await _database.MigrateAsync(
            async (connection, transaction, token) =>
            {
                await CreateTableAsync(connection, transaction, token).ConfigureAwait(false);
                var applied = await AppliedAsync(connection, transaction, token).ConfigureAwait(false);
                var undone = new List<MigrationStatus>();
                foreach (var row in choose(applied).ToList())
                {
                    await RunAsync(connection, transaction, Known(row), up: false, token).ConfigureAwait(false);
                    await connection.ExecuteAsync(new CommandDefinition(
                        $"DELETE FROM {Table} WHERE library = @Library AND number = @Number",
                        new { row.Library, row.Number },
                        transaction,
                        cancellationToken: token)).ConfigureAwait(false);
                    undone.Add(new MigrationStatus(row.Library, (int)row.Number, row.Name, MigrationState.Pending, null));
                }

                return undone;
            },
            cancellationToken).ConfigureAwait(false);
        foreach (var migration in undone)
        {
            _logger.MigrationUndone(migration.Library, migration.Number, migration.Name);
        }

        return undone;
    }

    private static async Task<bool> HasTableAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            connection is SqliteSession
                ? $"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{Table}'"
                : $"SELECT count(*) FROM (SELECT to_regclass('{Table}') AS found) AS tables WHERE found IS NOT NULL",
            transaction: transaction,
            cancellationToken: cancellationToken)).ConfigureAwait(false) > 0;

    private static async Task CreateTableAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        // "IF NOT EXISTS" alone would let PostgreSQL tell of it each time.
        if (!await HasTableAsync(connection, transaction, cancellationToken).ConfigureAwait(false))
        {
            await connection.ExecuteAsync(new CommandDefinition(
                $"""
                CREATE TABLE {Table} (
                    library text NOT NULL,
                    number bigint NOT NULL,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at bigint NOT NULL,
                    position bigint NOT NULL,
                    PRIMARY KEY (library, number)
                )
                """,
                transaction: transaction,
                cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
    }

    private static async Task<List<Applied>> AppliedAsync(DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Applied>(new CommandDefinition(
            $"SELECT library, number, name, checksum, applied_at, position FROM {Table} ORDER BY position",
            transaction: transaction,
            cancellationToken: cancellationToken)).ConfigureAwait(false)).AsList();

    private async Task RunAsync(DbConnection connection, DbTransaction transaction, Migration migration, bool up, CancellationToken cancellationToken)
    {
        var sql = migration.Script.For(_database.Provider, up);
        if (sql.Length == 0)
        {
            return;
        }

        try
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = sql;
                command.Transaction = transaction;
                command.CommandTimeout = 0;
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DbException exception)
        {
            throw new MigrationException($"The migration {migration} {(up ? "failed" : "could not be undone")}: {exception.Message} Nothing was changed.", exception);
        }
    }

    private List<MigrationStatus> Compare(List<Applied> applied)
    {
        var rows = applied.ToDictionary(static row => (row.Library, (int)row.Number));
        var all = new List<MigrationStatus>();
        foreach (var migration in _sources.SelectMany(static source => source.Migrations))
        {
            var state = MigrationState.Pending;
            if (rows.Remove((migration.Library, migration.Number), out var row))
            {
                state = row.Checksum == migration.Checksum ? MigrationState.Applied : MigrationState.Changed;
            }

            all.Add(new MigrationStatus(migration.Library, migration.Number, migration.Name, state, row?.At));
        }

        all.AddRange(rows.Values.OrderBy(static row => row.Position)
            .Select(static row => new MigrationStatus(row.Library, (int)row.Number, row.Name, MigrationState.Unknown, row.At)));
        return all;
    }

    /// <summary>A database that this program must not touch.</summary>
    private void Refuse(List<Applied> applied)
    {
        foreach (var row in applied)
        {
            Known(row);
        }

        foreach (var source in _sources)
        {
            var have = applied.Where(row => row.Library == source.Library).Select(static row => (int)row.Number).ToHashSet();
            if (source.Migrations.FirstOrDefault(migration => !have.Contains(migration.Number) && have.Any(number => number > migration.Number)) is { } hole)
            {
                throw new MigrationException($"The database has later migrations of {source.Library} than {hole}, but not that one; its list of migrations was changed by hand.");
            }
        }
    }

    private Migration Known(Applied row)
    {
        var name = Migration.Describe(row.Library, (int)row.Number, row.Name);
        var migration = _sources.Find(source => source.Library == row.Library)?.Migrations.FirstOrDefault(migration => migration.Number == row.Number)
            ?? throw new MigrationException(
                $"The database has the migration {name}, which this program does not know: the database belongs to a newer release. "
                + "Start that release, or undo the migration with it (causeway migrate down) before this one is started.");
        return migration.Checksum == row.Checksum
            ? migration
            : throw new MigrationException(
                $"The migration {name} was applied to this database as another text than this program's {migration}. "
                + "A migration must not be changed once it was applied: bring back its text, and make the change in a new one.");
    }

    private sealed record Applied(string Library, long Number, string Name, string Checksum, long AppliedAt, long Position)
    {
        public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(AppliedAt);
    }
}
