using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Transfers;

/// <summary>F7, F9: imports and exports as jobs on PostgreSQL, where a batch that is broken off is another transaction than on SQLite.</summary>
public sealed class PostgresTransferTests
{
    private const int Rooms = 500;

    [Fact]
    public async Task Import_BrokenOffInTheMiddle_GoesOnAndIsExportedWhole()
    {
        if (PostgresServer.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }

        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var server = await RunningServer.StartAsync(
            $$$"""{ "Auth": { "Mode": "required" }, "RateLimits": { "Enabled": false }, "Database": { "Provider": "postgres", "ConnectionString": {{{JsonSerializer.Serialize(connection)}}} } }""");
        var names = Enumerable.Range(0, Rooms).Select(static i => $"moved-{i:0000}").ToArray();
        var file = await server.UploadAsync($"room_id\n{string.Join('\n', names)}\nnot a room!\n", server.AdminToken, "text/csv");
        await ExecuteAsync(server, "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the power is gone'; END $$");
        await ExecuteAsync(server, "CREATE TRIGGER break_import BEFORE INSERT ON rooms FOR EACH ROW WHEN (NEW.room_id = 'moved-0300') EXECUTE FUNCTION fail()");

        var started = (await server.PostAsync("/api/v1/imports", $$"""{"list":"rooms","file_id":"{{file}}"}""", server.AdminToken)).AssertStatus(202);
        await server.UntilJobAsync(started.Word("job_id"), "scheduled");
        var done = (await ExportAsync(server)).Length;
        Assert.InRange(done, 1, 300);

        await ExecuteAsync(server, "DROP TRIGGER break_import ON rooms");

        // It may have been tried again by itself meanwhile, and be at it.
        Assert.True((await server.PostAsync($"/api/v1/jobs/{started.Word("job_id")}/retry", "", server.AdminToken)).Status is 200 or 409);
        Assert.InRange((await server.UntilJobAsync(started.Word("job_id"), "succeeded")).GetProperty("attempts").GetInt32(), 2, int.MaxValue);

        var report = (await server.GetAsync(started.Word("url"), server.AdminToken)).AssertStatus(200);
        Assert.Equal((Rooms + 1, Rooms, 1), (report.GetProperty("rows").GetInt32(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.Equal(names, await ExportAsync(server));
    }

    /// <summary>The rooms' names, as a job exports them.</summary>
    private static async Task<string[]> ExportAsync(RunningServer server)
    {
        var started = (await server.PostAsync("/api/v1/exports", """{"list":"rooms","format":"ndjson","query":"prefix=moved-&sort=room_id"}""", server.AdminToken)).AssertStatus(202);
        await server.UntilJobAsync(started.Word("job_id"), "succeeded");
        return [.. (await server.GetAsync(started.Word("url"), server.AdminToken)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line).Word("room_id"))];
    }

    private static Task<int> ExecuteAsync(RunningServer server, string sql) => server.App.Services.GetRequiredService<Database>().ExecuteAsync(sql, null, TestContext.Current.CancellationToken);
}
