using System.Globalization;
using Causeway.Data;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Brings the database to the program's schema: at start, or as soon as a PostgreSQL that was out of reach then is back.</summary>
internal sealed class DatabaseSchema(Database database, Migrator migrator, CursorKey cursors, ServerSettings settings, TimeProvider time, ILogger<DatabaseSchema> logger)
{
    private static readonly TimeSpan ClocksMayDiffer = TimeSpan.FromSeconds(2);

    private volatile bool _isReady;

    /// <summary>Whether the schema is the program's. Until then tables may be missing.</summary>
    public bool IsReady
    {
        get => _isReady;
        private set => _isReady = value;
    }

    /// <summary>Opens and migrates.</summary>
    /// <exception cref="MigrationException">The schema can't be brought there.</exception>
    /// <exception cref="InvalidDataException">The file can't be a database.</exception>
    /// <exception cref="DatabaseUnavailableException">The file can't be used. A server that can't be reached is waited for in the background instead.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BringUpAsync(cancellationToken);
        }
        catch (DatabaseUnavailableException exception) when (database.Provider == DatabaseProvider.Postgres)
        {
            logger.DatabaseOutOfReach(exception);
        }
    }

    /// <summary>Whether the database answers, has the schema and takes writes.</summary>
    public async ValueTask<ReadinessResult> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!IsReady)
            {
                await BringUpAsync(cancellationToken);
            }

            if (database.Provider == DatabaseProvider.Postgres)
            {
                return await ProbePostgresAsync(cancellationToken);
            }

            await database.QuerySingleOrDefaultAsync<int>("SELECT 1", cancellationToken: cancellationToken);
            return ReadinessResult.Ready();
        }
        catch (DatabaseUnavailableException)
        {
            return ReadinessResult.Unavailable("can't be reached");
        }
        catch (MigrationException exception)
        {
            logger.SchemaRefused(exception);
            return ReadinessResult.Unavailable("has another schema; the log says which");
        }
    }

    /// <summary>Leases of jobs go by the clocks of the nodes: one that is wrong takes jobs from others who are at work on them.</summary>
    private async Task<ReadinessResult> ProbePostgresAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetUtcNow();
        var (readOnly, now) = await database.QuerySingleOrDefaultAsync<(string ReadOnly, DateTimeOffset Now)>(
            "SELECT current_setting('transaction_read_only'), clock_timestamp()", cancellationToken: cancellationToken);
        var ahead = asked - now;
        var behind = now - time.GetUtcNow();
        return readOnly == "on" ? ReadinessResult.Unavailable("takes no writes")
            : ahead > ClocksMayDiffer ? ReadinessResult.Degraded(Differs(ahead, "ahead of"))
            : behind > ClocksMayDiffer ? ReadinessResult.Degraded(Differs(behind, "behind"))
            : ReadinessResult.Ready();
    }

    private static string Differs(TimeSpan by, string how) =>
        string.Create(CultureInfo.InvariantCulture, $"this node's clock is {by.TotalSeconds:0} s {how} the database's; jobs are taken and lost at wrong times");

    private async Task BringUpAsync(CancellationToken cancellationToken)
    {
        await database.OpenAsync(cancellationToken);
        if (settings.Database.Migrate)
        {
            await migrator.UpAsync(cancellationToken);
        }
        else if ((await migrator.StatusAsync(cancellationToken)).FirstOrDefault(static migration => migration.State != MigrationState.Applied) is { } first)
        {
            throw new MigrationException(
                $"The database is not where this program needs it ({first.Library} {first.Number:0000}_{first.Name} is {first.State.ToString().ToLowerInvariant()}), "
                + "and Database:Migrate is off. Run causeway migrate up");
        }

        await cursors.LoadAsync(cancellationToken);
        IsReady = true;
    }
}
