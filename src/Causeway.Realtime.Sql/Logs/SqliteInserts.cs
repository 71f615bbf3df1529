using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Causeway.Realtime.Sql;

/// <summary>Inserts messages by SQLite's own interface: a command of the provider costs three times what the row does.</summary>
internal static class SqliteInserts
{
    /// <param name="connection">In the transaction that they belong to.</param>
    /// <param name="sql">With a parameter for each field of a message, in their order.</param>
    /// <param name="messages">The messages.</param>
    /// <exception cref="SqliteException">One could not be inserted.</exception>
    public static void Run(SqliteConnection connection, string sql, List<NewMessage> messages)
    {
        var handle = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(handle, sql, out var statement));
        using (statement)
        {
            foreach (var message in messages)
            {
                Check(raw.sqlite3_bind_int64(statement, 1, message.Log));
                Check(raw.sqlite3_bind_int64(statement, 2, message.Position));
                Bind(3, message.Id);
                Check(raw.sqlite3_bind_text(statement, 4, message.Type));
                Bind(5, message.ConflateKey);
                Bind(6, message.Sender);
                Check(raw.sqlite3_bind_int64(statement, 7, message.SentAt));
                Bind(8, message.Payload);
                if (raw.sqlite3_step(statement) is var result and not raw.SQLITE_DONE)
                {
                    SqliteException.ThrowExceptionForRC(result, handle);
                }

                Check(raw.sqlite3_reset(statement));
            }
        }

        void Bind(int index, byte[]? value) => Check(
            value is null ? raw.sqlite3_bind_null(statement, index)
            : value.Length == 0 ? raw.sqlite3_bind_zeroblob(statement, index, 0)
            : raw.sqlite3_bind_blob(statement, index, value));

        void Check(int result) => SqliteException.ThrowExceptionForRC(result, handle);
    }
}
