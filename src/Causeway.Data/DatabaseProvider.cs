namespace Causeway.Data;

/// <summary>Which database keeps the data.</summary>
public enum DatabaseProvider
{
    /// <summary>A file of this machine, inside the process.</summary>
    Sqlite = 1,

    /// <summary>A server, which several nodes may share.</summary>
    Postgres,
}

/// <summary>What a commit on SQLite waits for. Either way an acknowledged write survives the end of the process, however it ends.</summary>
public enum SqliteSynchronous
{
    /// <summary>The operating system has it. A power cut may take the last commits; the file stays whole.</summary>
    Normal = 1,

    /// <summary>The disk has it: an acknowledged write survives a power cut too.</summary>
    Full,
}
