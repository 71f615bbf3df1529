using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Causeway.Data;

/// <summary>A connection that keeps the statements it prepared, so that the same SQL is compiled once and not at every use. For one user at a time.</summary>
internal sealed class SqliteSession(string connectionString) : SqliteConnection(connectionString)
{
    private const int MaxStatements = 200;

    private readonly Dictionary<string, Statement> _statements = [];
    private long _uses;

    /// <summary>Commands that were made and not disposed yet: after a read there must be none.</summary>
    public int OpenCommands { get; private set; }

    /// <summary>The transaction that a command belongs to where nobody says otherwise.</summary>
    public SqliteTransaction? CurrentTransaction => Transaction;

    /// <summary>The prepared statement of this SQL; a new one where there is none, or where it is in use.</summary>
    public SqliteCommand Take(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement) && !statement.InUse)
        {
            statement.InUse = true;
            return statement.Command;
        }

        var command = base.CreateCommand();
        command.CommandText = sql;
        if (statement is null)
        {
            _statements.Add(sql, new Statement(command) { InUse = true });
        }

        return command;
    }

    /// <summary>Takes a statement back, to be used again unless it failed.</summary>
    public void Return(string sql, SqliteCommand command, bool reusable)
    {
        if (!_statements.TryGetValue(sql, out var statement) || statement.Command != command)
        {
            command.Dispose();
            return;
        }

        if (!reusable)
        {
            _statements.Remove(sql);
            command.Dispose();
            return;
        }

        command.Parameters.Clear();
        command.Transaction = null;
        statement.InUse = false;
        statement.LastUse = ++_uses;
        if (_statements.Count > MaxStatements)
        {
            EvictOldest();
        }
    }

    public void CommandDisposed() => OpenCommands--;

    protected override DbCommand CreateDbCommand()
    {
        OpenCommands++;
        return new SqliteSessionCommand(this);
    }

    private void EvictOldest()
    {
        string? oldest = null;
        var oldestUse = long.MaxValue;
        foreach (var (sql, statement) in _statements)
        {
            if (!statement.InUse && statement.LastUse < oldestUse)
            {
                (oldest, oldestUse) = (sql, statement.LastUse);
            }
        }

        if (oldest is not null && _statements.Remove(oldest, out var evicted))
        {
            evicted.Command.Dispose();
        }
    }

    private sealed class Statement(SqliteCommand command)
    {
        public SqliteCommand Command { get; } = command;

        public bool InUse { get; set; }

        public long LastUse { get; set; }
    }
}
