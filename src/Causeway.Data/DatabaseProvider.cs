namespace Causeway.Data;

/// <summary>Which database keeps the data.</summary>
public enum DatabaseProvider
{
    /// <summary>A file of this machine, inside the process.</summary>
    Sqlite = 1,

    /// <summary>A server, which several nodes may share.</summary>
    Postgres,
}

/// <summary>The little SQL that differs, where one statement is to serve both.</summary>
public static class DatabaseProviderSql
{
    /// <summary>Whether a column has one of the values of a list: <c>id IN @ids</c>, or <c>id = ANY(@ids)</c>.</summary>
    /// <param name="provider">Of the <see cref="Database"/> or the <see cref="UnitOfWork"/>.</param>
    /// <param name="column">The column, as SQL.</param>
    /// <param name="parameter">The parameter's name with its <c>@</c>; its value an array. An empty one matches nothing.</param>
    public static string In(this DatabaseProvider provider, string column, string parameter) =>
        provider == DatabaseProvider.Postgres ? $"{column} = ANY({parameter})" : $"{column} IN {parameter}";
}

/// <summary>What a commit on SQLite waits for. Either way an acknowledged write survives the end of the process, however it ends.</summary>
public enum SqliteSynchronous
{
    /// <summary>The operating system has it. A power cut may take the last commits; the file stays whole.</summary>
    Normal = 1,

    /// <summary>The disk has it: an acknowledged write survives a power cut too.</summary>
    Full,
}
