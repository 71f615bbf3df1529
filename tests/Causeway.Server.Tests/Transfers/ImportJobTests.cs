using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Transfers;

/// <summary>F7, F9: uploaded files that a job reads into lists.</summary>
public sealed class ImportJobTests(TransferServer transfers) : IClassFixture<TransferServer>
{
    private const string Path = "/api/v1/imports";

    private RunningServer Server => transfers.Server;

    [Fact]
    public async Task Import_OfUsers_MakesThemAndReportsByLine()
    {
        var file = await Server.UploadAsync("email;Voller Name\nimported-1@example.com;Ada\nnobody;Bob\nimported-2@example.com;Eve\nimported-1@example.com;Ann\n", Server.AdminToken, "text/csv");

        var answer = await Server.PostAsync(Path, $$"""{"list":"users","file_id":"{{file}}","query":"delimiter=semicolon&map=Voller Name:name"}""", Server.AdminToken);
        var started = answer.AssertStatus(202);
        Assert.Equal($"/api/v1/jobs/{started.Word("job_id")}", answer.Header("Location"));
        var job = await Server.UntilJobAsync(started.Word("job_id"), "succeeded");

        var progress = job.GetProperty("progress");
        Assert.Equal(("import.file", "transfers", "bytes, 4 rows"), (job.Word("kind"), job.Word("queue"), progress.Word("note")));
        Assert.Equal(progress.GetProperty("total").GetInt64(), progress.GetProperty("done").GetInt64());
        var report = await ReportAsync(Server, started);
        Assert.Equal((4, 2, 2, false), (report.GetProperty("rows").GetInt32(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32(), report.GetProperty("dry_run").GetBoolean()));
        Assert.Equal(["3:email", "5:email"], report.GetProperty("errors").EnumerateArray().Select(static error => $"{error.GetProperty("line").GetInt32()}:{error.Word("column")}"));
        Assert.Equal(["Ada", "Eve"], (await Server.GetAsync("/api/v1/users?email.prefix=imported-&sort=email", Server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray().Select(static user => user.Word("name")));

        var entry = (await Server.GetAsync($"/api/v1/audit?action=users.import&target=file:{file}", Server.AdminToken)).AssertStatus(200).GetProperty("items")[0];
        Assert.Equal(started.Word("job_id"), entry.GetProperty("details").Word("job"));
        Assert.Equal(0, await CountAsync(Server, "SELECT COUNT(*) FROM import_progress WHERE job_id = @job", new { job = started.Word("job_id") }));
    }

    [Fact]
    public async Task Import_Dry_ChangesNothingAndReportsWhatItWouldDo()
    {
        var file = await Server.UploadAsync(Rooms("dry", 250), Server.AdminToken, "text/csv");

        var started = (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}","dry_run":true}""", Server.AdminToken)).AssertStatus(202);
        await Server.UntilJobAsync(started.Word("job_id"), "succeeded");

        var report = await ReportAsync(Server, started);
        Assert.Equal((true, 250, 0), (report.GetProperty("dry_run").GetBoolean(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.Equal(0, await CountAsync(Server, "SELECT COUNT(*) FROM rooms WHERE room_id LIKE 'dry-%'"));
    }

    /// <summary>The third batch fails as if the process had died in it: what the first two did is done, and the next try neither does nor reports it again.</summary>
    [Fact]
    public async Task Import_BrokenOffInTheMiddle_GoesOnBehindWhatIsDone()
    {
        var file = await Server.UploadAsync(Rooms("broken", 900) + "not a room!,\nbroken-0007,again\n", Server.AdminToken, "text/csv");
        await ExecuteAsync("CREATE TRIGGER break_import BEFORE INSERT ON rooms WHEN NEW.room_id = 'broken-0500' BEGIN SELECT RAISE(ABORT, 'the power is gone'); END");
        var started = (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", Server.AdminToken)).AssertStatus(202);
        var job = started.Word("job_id");
        await Server.UntilJobAsync(job, "scheduled");
        Assert.Equal(400, await CountAsync(Server, "SELECT COUNT(*) FROM rooms WHERE room_id LIKE 'broken-%'"));
        (await Server.GetAsync(started.Word("url"), Server.AdminToken)).AssertError(404, "NOT_FOUND");

        await ExecuteAsync("DROP TRIGGER break_import");
        (await Server.PostAsync($"/api/v1/jobs/{job}/retry", "", Server.AdminToken)).AssertStatus(200);

        Assert.Equal(2, (await Server.UntilJobAsync(job, "succeeded")).GetProperty("attempts").GetInt32());
        var report = await ReportAsync(Server, started);
        Assert.Equal((902, 900, 2), (report.GetProperty("rows").GetInt32(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.Equal([902, 903], report.GetProperty("errors").EnumerateArray().Select(static error => error.GetProperty("line").GetInt32()));
        Assert.Contains("line 8 ", report.GetProperty("errors")[1].Word("message"), StringComparison.Ordinal);
        Assert.Equal(900, await CountAsync(Server, "SELECT COUNT(*) FROM rooms WHERE room_id LIKE 'broken-%'"));
    }

    [Fact]
    public async Task Import_CancelledInTheMiddle_KeepsWhatIsDoneAndGoesOnWhenReplayed()
    {
        var file = await Server.UploadAsync(Rooms("halted", 500), Server.AdminToken, "text/csv");
        await ExecuteAsync("CREATE TRIGGER halt_import BEFORE INSERT ON rooms WHEN NEW.room_id = 'halted-0300' BEGIN SELECT RAISE(ABORT, 'not yet'); END");
        var started = (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", Server.AdminToken)).AssertStatus(202);
        var job = started.Word("job_id");
        await Server.UntilJobAsync(job, "scheduled");
        (await Server.PostAsync($"/api/v1/jobs/{job}/cancel", "", Server.AdminToken)).AssertStatus(200);
        Assert.Equal(200, await CountAsync(Server, "SELECT COUNT(*) FROM rooms WHERE room_id LIKE 'halted-%'"));

        await ExecuteAsync("DROP TRIGGER halt_import");
        (await Server.PostAsync($"/api/v1/jobs/{job}/replay", "", Server.AdminToken)).AssertStatus(200);
        await Server.UntilJobAsync(job, "succeeded");

        Assert.Equal((500, 0), ((await ReportAsync(Server, started)).GetProperty("created").GetInt32(), (await ReportAsync(Server, started)).GetProperty("failed").GetInt32()));
        (await Server.PostAsync($"/api/v1/jobs/{job}/replay", "", Server.AdminToken)).AssertStatus(200);
        Assert.Contains("there already", (await Server.UntilJobAsync(job, "dead")).Word("last_error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAFileThatIsNoList_IsDeadWithTheReason()
    {
        var file = await Server.UploadAsync("colour,size\nred,1\n", Server.AdminToken, "text/csv");

        var started = (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", Server.AdminToken)).AssertStatus(202);

        var job = await Server.UntilJobAsync(started.Word("job_id"), "dead");
        Assert.Equal(1, job.GetProperty("attempts").GetInt32());
        Assert.Contains("colour", job.Word("last_error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_NotAsItMustBe_NamesTheField()
    {
        var file = await Server.UploadAsync("room_id\nnever\n", Server.AdminToken, "text/csv");
        var json = await Server.UploadAsync("{}", Server.AdminToken, "application/json");
        foreach (var (body, field) in new[]
        {
            ($$"""{"list":"files","file_id":"{{file}}"}""", "list"),
            ($$"""{"file_id":"{{file}}"}""", "list"),
            ("""{"list":"rooms"}""", "file_id"),
            ("""{"list":"rooms","file_id":"0193a5e2-7c1f-7d7a-9f0e-3b8f4c2d1a60"}""", "file_id"),
            ($$"""{"list":"rooms","file_id":"{{json}}"}""", "file_id"),
            ($$"""{"list":"rooms","file_id":"{{file}}","query":"delimiter=dot"}""", "query"),
            ($$"""{"list":"rooms","file_id":"{{file}}","query":"dry_run=true"}""", "query"),
            ($$"""{"list":"rooms","file_id":"{{file}}","dry_run":"perhaps"}""", "dry_run"),
        })
        {
            Assert.Equal(field, (await Server.PostAsync(Path, body, Server.AdminToken)).AssertRefusedField());
        }
    }

    [Fact]
    public async Task Import_WithoutThePermissionOrTheFile_Refused()
    {
        var ((_, reader), (_, writer)) = (Server.NewUser("rooms:read"), Server.NewUser("rooms:write"));
        var file = await Server.UploadAsync("room_id\nnever\n", reader, "text/csv");

        (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", reader)).AssertError(403, "FORBIDDEN");
        (await Server.PostAsync(Path, $$"""{"list":"users","file_id":"{{file}}"}""", writer)).AssertError(403, "FORBIDDEN");
        Assert.Equal("file_id", (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", writer)).AssertRefusedField());
        (await Server.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""")).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Import_RepeatedUnderItsKey_IsOneJob()
    {
        var file = await Server.UploadAsync("room_id\nonce-1\n", Server.AdminToken, "text/csv");
        var body = $$"""{"list":"rooms","file_id":"{{file}}"}""";

        var first = (await Server.PostAsync(Path, body, Server.AdminToken, ("Idempotency-Key", "one import"))).AssertStatus(202);
        var second = (await Server.PostAsync(Path, body, Server.AdminToken, ("Idempotency-Key", "one import"))).AssertStatus(202);

        Assert.Equal(first.GetRawText(), second.GetRawText());
        await Server.UntilJobAsync(first.Word("job_id"), "succeeded");
        Assert.Equal(1, (await ReportAsync(Server, first)).GetProperty("created").GetInt32());
    }

    /// <summary>Another process does what the first one left, after the world has changed.</summary>
    [Fact]
    public async Task Import_PermissionOrFileGoneMeanwhile_IsDeadAndSaysSo()
    {
        using var directory = new TempDirectory();
        var (kept, demoted, deleted) = (default(JsonElement), "", "");
        await using (var first = await RunningServer.StartInAsync(directory, TransferServer.Configuration, "--Jobs:Queues:transfers:Workers=0"))
        {
            async Task<(JsonElement Started, string File)> AskAsync(string token, string room)
            {
                var file = await first.UploadAsync($"room_id\n{room}\n", token, "text/csv");
                return ((await first.PostAsync(Path, $$"""{"list":"rooms","file_id":"{{file}}"}""", token)).AssertStatus(202), file);
            }

            var (_, annToken, _) = await first.AddAccountAsync("rooms:write");
            var (_, bobToken, role) = await first.AddAccountAsync("rooms:write");
            kept = (await AskAsync(annToken, "of-ann")).Started;
            demoted = (await AskAsync(bobToken, "of-bob")).Started.Word("job_id");
            var gone = await AskAsync(annToken, "of-nobody");
            deleted = gone.Started.Word("job_id");
            Assert.InRange((await first.SendAsync(HttpMethod.Put, "/api/v1/roles/" + role, """{"permissions":["rooms:read"]}""", first.AdminToken)).Status, 200, 201);
            (await first.SendAsync(HttpMethod.Delete, "/api/v1/files/" + gone.File, null, annToken)).AssertStatus(204);
        }

        await using var second = await RunningServer.StartInAsync(directory, TransferServer.Configuration);

        await second.UntilJobAsync(kept.Word("job_id"), "succeeded");
        Assert.Contains("may not do it any more", (await second.UntilJobAsync(demoted, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Contains("file is gone", (await second.UntilJobAsync(deleted, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Equal(1, (await ReportAsync(second, kept)).GetProperty("created").GetInt32());
        Assert.Equal(1, await CountAsync(second, "SELECT COUNT(*) FROM rooms"));
    }

    private static string Rooms(string prefix, int count) =>
        Enumerable.Range(1, count).Aggregate(new StringBuilder("room_id,title\n"), (csv, i) => csv.Append(prefix).Append('-').Append(i.ToString("0000", null)).Append(",\n")).ToString();

    private static async Task<JsonElement> ReportAsync(RunningServer server, JsonElement started) =>
        (await server.GetAsync(started.Word("url"), server.AdminToken)).AssertStatus(200);

    private static async Task<long> CountAsync(RunningServer server, string sql, object? parameters = null) =>
        await server.App.Services.GetRequiredService<Database>().QuerySingleOrDefaultAsync<long>(sql, parameters, TestContext.Current.CancellationToken);

    private Task<int> ExecuteAsync(string sql) => Server.App.Services.GetRequiredService<Database>().ExecuteAsync(sql, null, TestContext.Current.CancellationToken);
}
