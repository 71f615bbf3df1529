using Causeway.Data;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Brings the database to the program's schema: at start, or as soon as a PostgreSQL that was out of reach then is back.</summary>
internal sealed class DatabaseSchema(Database database, Migrator migrator, CursorKey cursors, ServerSettings settings, ILogger<DatabaseSchema> logger)
{
    private const string ReadOnlyOrNot = "SELECT current_setting('transaction_read_only')";

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

            return await database.QuerySingleOrDefaultAsync<string>(database.Provider == DatabaseProvider.Postgres ? ReadOnlyOrNot : "SELECT 'off'", cancellationToken: cancellationToken) == "on"
                ? ReadinessResult.Unavailable("takes no writes")
                : ReadinessResult.Ready();
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
