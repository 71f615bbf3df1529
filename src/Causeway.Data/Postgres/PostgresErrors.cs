using System.Net.Sockets;
using Npgsql;

namespace Causeway.Data;

/// <summary>PostgreSQL's errors in the words of <see cref="DatabaseException"/>.</summary>
internal static class PostgresErrors
{
    // idle_in_transaction_session_timeout, which Npgsql's list of codes lacks.
    private const string StoodStill = "25P03";

    /// <summary>What an exception is to the caller; null where it stays what it is.</summary>
    public static Exception? Translate(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } failure =>
            new UniqueViolationException(failure.TableName ?? "", failure.ConstraintName ?? "", failure),
        PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation } failure => new ForeignKeyViolationException(failure),
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } failure =>
            new DatabaseUnavailableException("Another transaction was in the way.", failure),
        PostgresException failure when TakesNoWrites(failure) => new DatabaseUnavailableException("The database takes no writes at the moment.", failure),
        PostgresException { SqlState: StoodStill } failure =>
            new DatabaseUnavailableException("The write stood still for too long between two statements, and the database has undone it.", failure),
        PostgresException failure when IsOutOfReach(failure.SqlState) => Unavailable(failure),
        PostgresException => null,
        NpgsqlException failure => Unavailable(failure),
        SocketException or TimeoutException => Unavailable(exception),
        _ => null,
    };

    public static DatabaseUnavailableException Unavailable(Exception exception, bool mayBeDone = false) =>
        new("The database can't be reached at the moment.", exception, mayBeDone);

    /// <summary>Whether it was a standby's answer, or that of a server that was made read-only: after a change of the primary, connections from before lead to such a one.</summary>
    public static bool TakesNoWrites(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

    /// <summary>Connections, resources, the operator, the system: nothing that the statement could do better. Log-ins too, since they may be mended there.</summary>
    private static bool IsOutOfReach(string state) => state[..2] is "08" or "28" or "3D" or "53" or "57" or "58" || state == PostgresErrorCodes.LockNotAvailable;
}
