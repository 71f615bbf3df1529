namespace Causeway.Realtime.Sql.Tests;

/// <summary>Where the logs of a test's rooms are. Every test of the conformance suite runs on all three.</summary>
public enum LogHome
{
    Memory,
    Sqlite,
    Postgres,
}

/// <summary>The homes a test runs on.</summary>
public static class LogHomes
{
    public static TheoryData<LogHome> All => [LogHome.Memory, LogHome.Sqlite, LogHome.Postgres];

    /// <summary>Those that outlive the process.</summary>
    public static TheoryData<LogHome> Durable => [LogHome.Sqlite, LogHome.Postgres];
}
