using System.ComponentModel.DataAnnotations;

namespace Causeway.Data.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData(DatabaseProvider.Sqlite, "Host=db", "SQLite takes a file")]
    [InlineData(DatabaseProvider.Postgres, null, "must say")]
    [InlineData(DatabaseProvider.Postgres, " ", "must say")]
    [InlineData(DatabaseProvider.Postgres, "Database=x", "Host")]
    [InlineData(DatabaseProvider.Postgres, "Host=db;Password=geheim;Port=no", "can't be read")]
    [InlineData(DatabaseProvider.Postgres, "Host=db;Password=geheim;Passwort=geheim", "can't be read")]
    [InlineData(DatabaseProvider.Postgres, "geheim", "can't be read")]
    public void ConnectionProblem_OfOneThatCannotBe_SaysWhyAndNeverTheSecret(DatabaseProvider provider, string? connection, string reason)
    {
        var problem = new DatabaseOptions { Provider = provider, ConnectionString = connection }.ConnectionProblem();

        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Everything_NamesEachOption()
    {
        var options = new DatabaseOptions
        {
            Provider = (DatabaseProvider)9,
            SqliteReaders = 0,
            SqliteWritesPerCommit = 0,
            SqliteQueuedWrites = 0,
            Streams = 0,
            SqliteSynchronous = 0,
            SqliteFile = "",
        };

        var result = new DatabaseOptionsValidator().Validate(null, options);

        foreach (var name in (string[])["Provider", "SqliteReaders", "SqliteWritesPerCommit", "SqliteQueuedWrites", "Streams", "SqliteSynchronous", "SqliteFile"])
        {
            Assert.Contains(result.Failures!, failure => failure.Contains(name, StringComparison.Ordinal));
        }

        Assert.Contains(
            ((IValidatableObject)new DatabaseOptions { SqliteBusyTimeout = TimeSpan.Zero, SqliteCheckpointInterval = TimeSpan.Zero }).Validate(new ValidationContext(options)),
            static failure => failure.ErrorMessage!.Contains("SqliteCheckpointInterval", StringComparison.Ordinal));
        Assert.Equal(
            [nameof(DatabaseOptions.PostgresIdleWriteLimit)],
            new DatabaseOptionsValidator().Validate(null, new DatabaseOptions { PostgresIdleWriteLimit = TimeSpan.Zero }).Failures!.Select(static failure => failure.Split(' ', ':')[0]));
        Assert.True(new DatabaseOptionsValidator().Validate(null, new DatabaseOptions()).Succeeded);
    }
}
