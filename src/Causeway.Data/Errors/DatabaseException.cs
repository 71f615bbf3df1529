namespace Causeway.Data;

/// <summary>What a database refused or could not do, in words that are the same for every database. The driver's own exception is inside.</summary>
public abstract class DatabaseException : Exception
{
    private protected DatabaseException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}

/// <summary>A row with this value is there already.</summary>
public sealed class UniqueViolationException : DatabaseException
{
    internal UniqueViolationException(string table, string constraint, Exception inner)
        : base($"{table} has such a row already ({constraint}).", inner)
    {
        Table = table;
        Constraint = constraint;
    }

    /// <summary>The table's name; empty where the database didn't say.</summary>
    public string Table { get; }

    /// <summary>
    /// The name of the unique index (<c>users_email_key</c>). For constraints without a name it is made of table and columns, on every
    /// database as PostgreSQL does it: <c>users_pkey</c>, <c>users_email_key</c>.
    /// </summary>
    public string Constraint { get; }
}

/// <summary>A row refers to one that isn't there, or is still referred to.</summary>
public sealed class ForeignKeyViolationException : DatabaseException
{
    internal ForeignKeyViolationException(Exception? inner)
        : base("A row refers to one that isn't there, or is still referred to.", inner)
    {
    }
}

/// <summary>The database can't be reached, has no room, is busy or is being closed. What was asked for was not done, and may be tried again.</summary>
public sealed class DatabaseUnavailableException : DatabaseException
{
    internal DatabaseUnavailableException(string message, Exception? inner = null, bool mayBeDone = false)
        : base(message, inner) => MayBeDone = mayBeDone;

    /// <summary>Whether the connection broke while it committed: then nobody knows whether the write was done.</summary>
    public bool MayBeDone { get; }
}
