using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Where the data is.</summary>
internal sealed class DatabaseSettings : IValidatableObject
{
    /// <summary>The file's name in the data directory.</summary>
    public const string FileName = "causeway.db";

    /// <summary><c>sqlite</c>: a file in the data directory; <c>postgres</c>: a server, which several nodes may share.</summary>
    /// <value>Default <c>sqlite</c>.</value>
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    /// <summary>How PostgreSQL is reached, as Npgsql takes it: <c>Host=…;Database=…;Username=…;Password=…</c>.</summary>
    /// <value>Default null.</value>
    [Secret]
    public string? ConnectionString { get; set; }

    /// <summary>What a commit on SQLite waits for: <c>full</c> for the disk, <c>normal</c> for the operating system.</summary>
    /// <value>Default <c>full</c>.</value>
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>Whether pending migrations are applied at start. If not, a start that finds some ends.</summary>
    /// <value>Default true.</value>
    public bool Migrate { get; set; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var options = new DatabaseOptions();
        Apply(options, "");
        if (options.ConnectionProblem() is { } problem)
        {
            yield return new ValidationResult("it " + problem, [nameof(ConnectionString)]);
        }
    }

    /// <summary>Hands the library its options.</summary>
    public void Apply(DatabaseOptions options, string dataDirectory)
    {
        options.Provider = Provider;
        options.ConnectionString = ConnectionString;
        options.SqliteFile = Path.Combine(dataDirectory, FileName);
        options.SqliteSynchronous = Synchronous;
    }
}
