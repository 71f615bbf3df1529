using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Causeway.Data;

/// <summary>SQLite's errors in the words of <see cref="DatabaseException"/>.</summary>
internal sealed class SqliteErrors
{
    public const int ReadOnly = 8;
    public const int Interrupted = 9;
    public const int Corrupt = 11;
    public const int CantOpen = 14;
    public const int NotADatabase = 26;

    private const int Busy = 5;
    private const int Locked = 6;
    private const int NoMemory = 7;
    private const int IoError = 10;
    private const int Full = 13;
    private const int ForeignKey = 787;
    private const int PrimaryKey = 1555;
    private const int Unique = 2067;
    private const int RowId = 2579;
    private const string UniqueMessage = "UNIQUE constraint failed: ";

    // By what SQLite says of a violation. The schema is changed by migrations alone, and those run before anything else.
    private readonly ConcurrentDictionary<string, (string Table, string Constraint)> _constraints = new();

    public static DatabaseUnavailableException Unavailable(SqliteException exception) => new(
        exception.SqliteErrorCode switch
        {
            Busy or Locked => "Another process holds the database.",
            Full => "There is no room left for the database.",
            ReadOnly => "The database can't be written to.",
            _ => "The database can't be used at the moment.",
        },
        exception);

    /// <summary>What an exception is to the caller; null where it stays what it is.</summary>
    /// <param name="exception">As thrown.</param>
    /// <param name="session">Where it happened; it is asked for the name of a violated constraint.</param>
    /// <param name="cancellationToken">Whether an interruption was asked for.</param>
    public Exception? Translate(Exception exception, SqliteSession session, CancellationToken cancellationToken = default)
    {
        if (exception is not SqliteException failure)
        {
            return null;
        }

        switch (failure.SqliteExtendedErrorCode)
        {
            case Unique or PrimaryKey or RowId:
                var (table, constraint) = ConstraintOf(failure, session);
                return new UniqueViolationException(table, constraint, failure);
            case ForeignKey:
                return new ForeignKeyViolationException(failure);
        }

        return failure.SqliteErrorCode switch
        {
            Interrupted when cancellationToken.IsCancellationRequested => new OperationCanceledException("The query was interrupted.", failure, cancellationToken),
            Busy or Locked or NoMemory or IoError or Full or CantOpen => Unavailable(failure),
            ReadOnly when !failure.Message.Contains("attempt to write a readonly database", StringComparison.Ordinal) => Unavailable(failure),
            _ => null,
        };
    }

    private (string Table, string Constraint) ConstraintOf(SqliteException failure, SqliteSession session)
    {
        var begin = failure.Message.IndexOf(UniqueMessage, StringComparison.Ordinal);
        if (begin < 0)
        {
            return ("", "");
        }

        var what = failure.Message[(begin + UniqueMessage.Length)..].TrimEnd('.', '\'');
        if (_constraints.TryGetValue(what, out var known))
        {
            return known;
        }

        try
        {
            return _constraints[what] = what.StartsWith("index '", StringComparison.Ordinal)
                ? ByIndex(what["index '".Length..].TrimEnd('\''), session)
                : ByColumns(what, failure.SqliteExtendedErrorCode, session);
        }
        catch (SqliteException)
        {
            // The name is for the caller's convenience; the violation must get through in any case.
            return ("", "");
        }
    }

    private static (string Table, string Constraint) ByIndex(string index, SqliteSession session) =>
        (Strings(session, "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = @name", index).FirstOrDefault() ?? "", index);

    private static (string Table, string Constraint) ByColumns(string what, int code, SqliteSession session)
    {
        // "users.email", or "members.room_id, members.user_id"
        var columns = what.Split(", ").Select(static column => column[(column.LastIndexOf('.') + 1)..]).ToList();
        var table = what[..what.IndexOf('.', StringComparison.Ordinal)];
        if (code != Unique)
        {
            return (table, table + "_pkey");
        }

        var named = Strings(session, "SELECT name FROM pragma_index_list(@name) WHERE \"unique\" AND origin = 'c'", table)
            .FirstOrDefault(index => Strings(session, "SELECT name FROM pragma_index_info(@name) ORDER BY seqno", index).SequenceEqual(columns));
        return (table, named ?? $"{table}_{string.Join('_', columns)}_key");
    }

    private static List<string> Strings(SqliteSession session, string sql, string name)
    {
        using var command = ((SqliteConnection)session).CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("@name", name);
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
        {
            found.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        }

        return found;
    }
}
