using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Causeway.Data;

/// <summary>A command of a <see cref="SqliteSession"/>: as soon as its text is known it works on the prepared statement of that text.</summary>
internal sealed class SqliteSessionCommand(SqliteSession session) : DbCommand
{
    private string _sql = "";
    private SqliteCommand? _statement;
    private DbTransaction? _transaction;
    private DbDataReader? _reader;
    private bool _failed;
    private bool _disposed;

    [AllowNull]
    public override string CommandText
    {
        get => _sql;
        set
        {
            var sql = value ?? "";
            if (sql == _sql && _statement is not null)
            {
                return;
            }

            // Parameters that were set before the text, or before it was rewritten for a list, go on to the new statement.
            var parameters = _statement?.Parameters.Cast<SqliteParameter>().ToArray() ?? [];
            GiveBack();
            _sql = sql;
            if (parameters.Length > 0)
            {
                Statement.Parameters.AddRange(parameters);
            }
        }
    }

    public override int CommandTimeout { get; set; } = session.DefaultTimeout;

    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text)
            {
                throw new NotSupportedException("SQLite has no other commands than text.");
            }
        }
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection
    {
        get => session;
        set
        {
            if (value != session)
            {
                throw new NotSupportedException("A command stays with the connection it was made by.");
            }
        }
    }

    protected override DbParameterCollection DbParameterCollection => Statement.Parameters;

    protected override DbTransaction? DbTransaction
    {
        get => _transaction ?? session.CurrentTransaction;
        set => _transaction = value;
    }

    private SqliteCommand Statement
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _statement ??= session.Take(_sql);
        }
    }

    public override void Cancel()
    {
    }

    public override int ExecuteNonQuery()
    {
        var statement = Prepared();
        try
        {
            return statement.ExecuteNonQuery();
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    public override object? ExecuteScalar()
    {
        var statement = Prepared();
        try
        {
            return statement.ExecuteScalar();
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    public override void Prepare() => Prepared().Prepare();

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
    {
        var statement = Prepared();
        try
        {
            return _reader = statement.ExecuteReader(behavior);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            GiveBack();
            _disposed = true;
            session.CommandDisposed();
        }

        base.Dispose(disposing);
    }

    private SqliteCommand Prepared()
    {
        var statement = Statement;
        statement.Transaction = (SqliteTransaction?)DbTransaction;
        statement.CommandTimeout = CommandTimeout;
        return statement;
    }

    private void GiveBack()
    {
        if (_statement is { } statement)
        {
            _statement = null;
            session.Return(_sql, statement, reusable: !_failed && _reader is null or { IsClosed: true });
        }
    }
}
