using System.ComponentModel.DataAnnotations;
using Npgsql;

namespace Causeway.Data;

/// <summary>Which database, and how it is used. The keys that name SQLite have no meaning on PostgreSQL, whose own are in its connection string.</summary>
public sealed class DatabaseOptions : IValidatableObject
{
    /// <summary>Which database.</summary>
    /// <value>Default <see cref="DatabaseProvider.Sqlite"/>.</value>
    [EnumDataType(typeof(DatabaseProvider))]
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    /// <summary>How PostgreSQL is reached, as Npgsql takes it (<c>Host=…;Database=…;Username=…;Password=…</c>). Not for SQLite. A secret.</summary>
    /// <value>Default null.</value>
    public string? ConnectionString { get; set; }

    /// <summary>The file of SQLite, on a local disk. Its directory must be there; the file is made with mode 0600.</summary>
    /// <value>Default <c>causeway.db</c> in the working directory.</value>
    [Required]
    public string SqliteFile { get; set; } = "causeway.db";

    /// <summary>What a commit on SQLite waits for.</summary>
    /// <value>Default <see cref="SqliteSynchronous.Full"/>: many writes share one wait.</value>
    [EnumDataType(typeof(SqliteSynchronous))]
    public SqliteSynchronous SqliteSynchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>How long SQLite waits for a lock that another process holds.</summary>
    /// <value>100 ms–60 s. Default 5 s.</value>
    public TimeSpan SqliteBusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that read from SQLite at the same time; more reads wait for one. Streams have their own.</summary>
    /// <value>1–256. Default 8.</value>
    [Range(1, 256)]
    public int SqliteReaders { get; set; } = 8;

    /// <summary>The most writes that share one commit on SQLite.</summary>
    /// <value>1–10,000. Default 512.</value>
    [Range(1, 10_000)]
    public int SqliteWritesPerCommit { get; set; } = 512;

    /// <summary>Writes that may wait for SQLite's one writer; beyond it they are refused as unavailable.</summary>
    /// <value>1–1,000,000. Default 10,000.</value>
    [Range(1, 1_000_000)]
    public int SqliteQueuedWrites { get; set; } = 10_000;

    /// <summary>How often SQLite's write-ahead log is carried over into the file and cut, when anything was written.</summary>
    /// <value>1 s–1 h. Default 1 minute.</value>
    public TimeSpan SqliteCheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a write on PostgreSQL may stand still between two of its statements. Then the server undoes it and gives its locks free: a process that is frozen, or cut off from the server without a word,
    /// must not keep all others waiting. A process that is back finds its write refused with <see cref="DatabaseUnavailableException"/>.
    /// </summary>
    /// <value>1 s–1 h. Default 10 s.</value>
    public TimeSpan PostgresIdleWriteLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Results that may be streamed at the same time, each over a connection of its own; more wait.</summary>
    /// <value>1–256. Default 16.</value>
    [Range(1, 256)]
    public int Streams { get; set; } = 16;

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (SqliteBusyTimeout < TimeSpan.FromMilliseconds(100) || SqliteBusyTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new ValidationResult("SqliteBusyTimeout must be 100 ms to 60 s.", [nameof(SqliteBusyTimeout)]);
        }

        if (SqliteCheckpointInterval < TimeSpan.FromSeconds(1) || SqliteCheckpointInterval > TimeSpan.FromHours(1))
        {
            yield return new ValidationResult("SqliteCheckpointInterval must be 1 s to 1 h.", [nameof(SqliteCheckpointInterval)]);
        }

        if (PostgresIdleWriteLimit < TimeSpan.FromSeconds(1) || PostgresIdleWriteLimit > TimeSpan.FromHours(1))
        {
            yield return new ValidationResult("PostgresIdleWriteLimit must be 1 s to 1 h.", [nameof(PostgresIdleWriteLimit)]);
        }

        if (ConnectionProblem() is { } problem)
        {
            yield return new ValidationResult($"ConnectionString {problem}.", [nameof(ConnectionString)]);
        }
    }

    /// <summary>What is wrong with the connection string for the chosen database, without repeating it; null where nothing is.</summary>
    public string? ConnectionProblem()
    {
        if (Provider == DatabaseProvider.Sqlite)
        {
            return ConnectionString is null ? null : "is for PostgreSQL; SQLite takes a file";
        }

        if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            return "must say how PostgreSQL is reached";
        }

        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(ConnectionString).Host) ? "must name the Host" : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            // The message may repeat a part of it, the password perhaps.
            return "can't be read; it is a list like Host=…;Database=…;Username=…;Password=…";
        }
    }
}
