using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Causeway.Data;

/// <summary>The file of a SQLite database: where it may lie, and how it is opened.</summary>
internal sealed class SqliteFile
{
    private const int KeptLogBytes = 64 << 20;

    private readonly DatabaseOptions _options;
    private readonly string _connectionString;

    public SqliteFile(DatabaseOptions options)
    {
        _options = options;
        Path = System.IO.Path.GetFullPath(options.SqliteFile);
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,

            // SQLite itself waits for locks; with the same limit the driver's own loop, which sleeps 150 ms at a time, never begins.
            DefaultTimeout = (int)Math.Ceiling(options.SqliteBusyTimeout.TotalSeconds),
        }.ToString();
    }

    public string Path { get; }

    /// <summary>Bytes of the write-ahead log beside the file.</summary>
    public long LogBytes
    {
        get
        {
            var log = new FileInfo(Path + "-wal");
            return log.Exists ? log.Length : 0;
        }
    }

    /// <summary>Opens the connection that writes; makes the file if it isn't there.</summary>
    /// <exception cref="InvalidDataException">There can't be a database; the message says why.</exception>
    /// <exception cref="DatabaseUnavailableException">Not at the moment.</exception>
    public SqliteSession OpenWriter()
    {
        RefuseNetwork();
        Create();
        var session = Open();
        try
        {
            var mode = Run(session, "PRAGMA journal_mode = WAL");
            if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataException($"The database {Path} can't keep a write-ahead log there (it stays in mode '{mode}'); put it on a local disk.");
            }

            Run(session, string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_size_limit = {KeptLogBytes}"));
            return session;
        }
        catch (SqliteException exception)
        {
            session.Dispose();
            throw Unusable(exception);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads; the file is there already.</summary>
    /// <exception cref="DatabaseUnavailableException">Not at the moment.</exception>
    public SqliteSession OpenReader()
    {
        try
        {
            var session = Open();
            try
            {
                Run(session, "PRAGMA query_only = 1");
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Unavailable(exception);
        }
    }

    private static string? Run(SqliteSession session, string pragma)
    {
        using var command = session.CreateCommand();
        command.CommandText = pragma;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private SqliteSession Open()
    {
        var session = new SqliteSession(_connectionString);
        try
        {
            session.Open();

            // First, since the next ones may meet a lock already.
            Run(session, string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {(int)_options.SqliteBusyTimeout.TotalMilliseconds}"));
            Run(session, _options.SqliteSynchronous == SqliteSynchronous.Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            Run(session, "PRAGMA foreign_keys = 1");

            // Else SQLite looks at the value of a LIMIT's parameter while it plans, and compiles the statement anew whenever one is set.
            raw.sqlite3_db_config(session.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
            return session;
        }
        catch (SqliteException exception)
        {
            session.Dispose();
            throw Unusable(exception);
        }
    }

    private void RefuseNetwork()
    {
        var directory = System.IO.Path.GetDirectoryName(Path)!;
        if (!Directory.Exists(directory))
        {
            throw new InvalidDataException($"The database {Path} can't be made: its directory is not there.");
        }

        if (NetworkFiles.SystemOf(Path) is { } system)
        {
            throw new InvalidDataException(
                $"The database {Path} lies on a network file system ({system}), where locks are not to be trusted and SQLite loses data. "
                + "Put the data directory on a local disk, or use PostgreSQL.");
        }
    }

    /// <summary>
    /// Before SQLite does, so that nobody else may read it at any moment; its log gets the same mode. Never one that is there: with a file that is closed a process loses all its locks on it, also those of connections that are
    /// open, and another process that closes the database then takes itself for the last, and takes the log away.
    /// </summary>
    private void Create()
    {
        if (File.Exists(Path))
        {
            return;
        }

        try
        {
            using var file = new FileStream(Path, OperatingSystem.IsWindows()
                ? new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete }
                : new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The database {Path} can't be opened: {exception.Message}", exception);
        }
    }

    private Exception Unusable(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SqliteErrors.NotADatabase => new InvalidDataException($"{Path} is no SQLite database, or is encrypted.", exception),
        SqliteErrors.Corrupt => new InvalidDataException($"The database {Path} is damaged; restore a backup.", exception),
        SqliteErrors.ReadOnly => new InvalidDataException($"The database {Path} can't be written to.", exception),
        SqliteErrors.CantOpen => new InvalidDataException($"The database {Path} can't be opened, or no file can be made beside it.", exception),
        _ => SqliteErrors.Unavailable(exception),
    };
}
