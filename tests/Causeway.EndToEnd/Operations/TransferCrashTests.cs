using System.Globalization;
using System.Text;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.Data.Sqlite;

namespace Causeway.EndToEnd.Operations;

/// <summary>F9 with the real program: a process that is killed in the middle of an import or an export leaves it to the next, which does what is missing and nothing twice.</summary>
public sealed class TransferCrashTests
{
    private const int Rooms = 700;
    private const int Entries = 5_000;

    /// <summary>For a trigger: work without an end, so that the program is in the middle of a transaction for as long as the test wants.</summary>
    private const string Endless = "SELECT count(*) FROM sqlite_master a, sqlite_master b, sqlite_master c, sqlite_master d, sqlite_master e, sqlite_master f, sqlite_master g, sqlite_master h";

    [Fact]
    public async Task Kill_InMidImportAndInMidExport_EachRowIsThereOnceAndBothJobsSucceed()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Jobs": { "LeaseSeconds": 1 }, "RateLimits": { "Enabled": false } }""");

        // The third batch of the import is cut off in its middle: two are done.
        var csv = Enumerable.Range(0, Rooms).Aggregate(new StringBuilder("room_id\n"), static (text, n) => text.Append(CultureInfo.InvariantCulture, $"cut-{n:0000}\n"));
        var file = (await causeway.SendAsync(HttpMethod.Post, "/api/v1/files?name=rooms.csv", csv.ToString(), "text/csv")).Json.GetProperty("id").GetString();
        await ExecuteAsync(causeway, $"CREATE TRIGGER hold BEFORE INSERT ON rooms WHEN NEW.room_id = 'cut-0500' BEGIN {Endless}; END");
        var import = await AskAsync(causeway, "imports", $$"""{"list":"rooms","file_id":"{{file}}"}""");
        await Eventually.Equal(400L, () => CountAsync(causeway, "SELECT count(*) FROM rooms"));
        await causeway.KillAsync();
        Assert.Equal(400, await CountAsync(causeway, "SELECT count(*) FROM rooms"));
        await ExecuteAsync(causeway, "DROP TRIGGER hold");

        await causeway.StartAgainAsync();
        await SucceededAsync(causeway, import);
        var report = (await causeway.GetAsync(import.GetProperty("url").GetString()!)).Json;
        Assert.Equal((Rooms, Rooms, 0), (report.GetProperty("rows").GetInt32(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.Equal(Rooms, await CountAsync(causeway, "SELECT count(*) FROM rooms WHERE room_id LIKE 'cut-%'"));
        Assert.Equal(Rooms, await CountAsync(causeway, "SELECT count(*) FROM audit_log WHERE action = 'room.create'"));

        // The export is cut off before its file is one: it has rows, and no end.
        await ExecuteAsync(causeway, $"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Entries}) INSERT INTO audit_log (id, at, actor, action, outcome) SELECT 'many-' || i, i, 'service', 'test.many', 'success' FROM n");
        await ExecuteAsync(causeway, $"CREATE TRIGGER hold BEFORE INSERT ON files WHEN NEW.content_type = 'text/csv' BEGIN {Endless}; END");
        var export = await AskAsync(causeway, "exports", """{"list":"audit","format":"csv","query":"action=test.many"}""");
        await Eventually.True(() => Bytes(causeway, "incoming") is [{ Length: > 0 }], what: "something of the file is written");
        await causeway.KillAsync();
        Assert.Equal(0, await CountAsync(causeway, "SELECT count(*) FROM files WHERE name = 'audit.csv'"));
        await ExecuteAsync(causeway, "DROP TRIGGER hold");

        await causeway.StartAgainAsync();
        await SucceededAsync(causeway, export);
        var lines = (await causeway.GetAsync(export.GetProperty("url").GetString()!)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Entries + 1, lines.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Entries + 1, lines.Length);
        Assert.Empty(Bytes(causeway, "incoming"));
        Assert.Equal(3, Bytes(causeway, "stored").Count);
        Assert.Equal(1, await CountAsync(causeway, "SELECT count(*) FROM audit_log WHERE action = 'file.create' AND target LIKE '%" + export.GetProperty("file_id").GetString() + "'"));
    }

    private static async Task<JsonElement> AskAsync(CausewayProcess causeway, string what, string body)
    {
        var answer = await causeway.PostAsync("/api/v1/" + what, body);
        Assert.True(answer.Status == 202, $"{answer.Status}: {answer.Text}");
        return answer.Json;
    }

    private static Task SucceededAsync(CausewayProcess causeway, JsonElement started) => Eventually.Equal(
        "succeeded", async () => (await causeway.GetAsync($"/api/v1/jobs/{started.GetProperty("job_id").GetString()}")).Json.GetProperty("job").GetProperty("state").GetString());

    /// <summary>What lies on its way, or where files are kept.</summary>
    private static List<FileInfo> Bytes(CausewayProcess causeway, string where) =>
        [.. new DirectoryInfo(Path.Combine(causeway.Directory, "data", "files", where)).EnumerateFiles("*", SearchOption.AllDirectories)];

    private static async Task ExecuteAsync(CausewayProcess causeway, string sql)
    {
        await using var connection = await OpenAsync(causeway);
        await using var command = new SqliteCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> CountAsync(CausewayProcess causeway, string sql)
    {
        await using var connection = await OpenAsync(causeway);
        await using var command = new SqliteCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<SqliteConnection> OpenAsync(CausewayProcess causeway)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(causeway.Directory, "data", "causeway.db")};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }
}
