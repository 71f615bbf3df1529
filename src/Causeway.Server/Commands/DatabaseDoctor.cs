using System.Data.Common;
using System.Globalization;
using Causeway.Data;

namespace Causeway.Server;

/// <summary>Looks at the database as a start would find it, and changes nothing.</summary>
internal static class DatabaseDoctor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<DatabaseReport> ExamineAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        var isFile = settings.Database.Provider == DatabaseProvider.Sqlite;
        var file = Path.Combine(settings.DataDirectory, DatabaseSettings.FileName);
        var report = new DatabaseReport(isFile ? "sqlite" : "postgres", isFile ? file : Describe(settings.Database.ConnectionString!), DatabaseState.Missing, "the first start makes it");
        if (isFile && !File.Exists(file))
        {
            return report;
        }

        await using var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddServerData(settings).BuildServiceProvider();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            return Judge(report, await services.GetRequiredService<Migrator>().StatusAsync(limit.Token), settings.Database.Migrate);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return report with { State = DatabaseState.Unreachable, Because = string.Create(CultureInfo.InvariantCulture, $"it did not answer within {Patience.TotalSeconds:0} s") };
        }
        catch (Exception exception) when (exception is DatabaseException or DbException or InvalidDataException)
        {
            // The driver's words say why; a password is never among them.
            return report with { State = DatabaseState.Unreachable, Because = (exception is DatabaseUnavailableException { InnerException: { } inner } ? inner : exception).Message.TrimEnd('.') };
        }
    }

    private static DatabaseReport Judge(DatabaseReport report, IReadOnlyList<MigrationStatus> all, bool migrates)
    {
        if (all.FirstOrDefault(static migration => migration.State is not (MigrationState.Applied or MigrationState.Pending)) is { } odd)
        {
            return report with
            {
                State = DatabaseState.Refused,
                Because = $"{odd.Library} {odd.Number:0000}_{odd.Name} is {odd.State.ToString().ToLowerInvariant()} to this program: the database belongs to another release",
            };
        }

        var pending = all.Count(static migration => migration.State == MigrationState.Pending);
        return pending == 0
            ? report with { State = DatabaseState.Ready, Because = string.Create(CultureInfo.InvariantCulture, $"all {all.Count} migrations are applied") }
            : report with
            {
                State = migrates ? DatabaseState.Pending : DatabaseState.Refused,
                Because = string.Create(CultureInfo.InvariantCulture, $"{pending} of {all.Count} migrations are pending, {(migrates ? "and a start applies them" : "and Database:Migrate is off: run causeway migrate up")}"),
            };
    }

    /// <summary>Where it is, without who logs in and with what.</summary>
    private static string Describe(string connectionString)
    {
        var values = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var port = Value("Port") is { } number ? ":" + number : "";
        return $"{Value("Host") ?? Value("Server") ?? "localhost"}{port}/{Value("Database") ?? Value("DB") ?? ""}";

        string? Value(string name) => values.TryGetValue(name, out var value) ? value.ToString() : null;
    }
}

/// <summary>How a start would find the database.</summary>
/// <param name="Provider"><c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="Place">The file, or host, port and name.</param>
/// <param name="State">What a start would make of it.</param>
/// <param name="Because">How that is known.</param>
internal sealed record DatabaseReport(string Provider, string Place, DatabaseState State, string Because);

/// <summary>What a start would make of a database.</summary>
internal enum DatabaseState
{
    /// <summary>It is as this program needs it.</summary>
    Ready = 1,

    /// <summary>A start brings it up to date.</summary>
    Pending,

    /// <summary>A file that the first start makes.</summary>
    Missing,

    /// <summary>It can't be used: with SQLite a start ends, with PostgreSQL it goes on trying.</summary>
    Unreachable,

    /// <summary>It has another schema, and a start ends.</summary>
    Refused,
}
