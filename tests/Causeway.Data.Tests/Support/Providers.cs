namespace Causeway.Data.Tests;

/// <summary>Every test of the conformance suite runs on both.</summary>
public static class Providers
{
    public static TheoryData<DatabaseProvider> All => [DatabaseProvider.Sqlite, DatabaseProvider.Postgres];
}
