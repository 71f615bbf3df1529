using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Jobs;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Transfers;

/// <summary>F7, F9: lists that a job writes into files.</summary>
public sealed class ExportJobTests(TransferServer transfers) : IClassFixture<TransferServer>
{
    private const string Path = "/api/v1/exports";

    private RunningServer Server => transfers.Server;

    [Theory]
    [InlineData("csv", "text/csv")]
    [InlineData("ndjson", "application/x-ndjson")]
    public async Task Export_OfUsers_IsAFileWithWhatTheListsOwnExportHas(string format, string type)
    {
        for (var i = 0; i < 3; i++)
        {
            (await Server.PostAsync("/api/v1/users", $$"""{"email":"of-{{format}}-{{i}}@example.com","name":"=1+{{i}}"}""", Server.AdminToken)).AssertStatus(201);
        }

        var query = $"sort=email&email.prefix=of-{format}-&formulas=keep";
        var answer = await Server.PostAsync(Path, $$"""{"list":"users","format":"{{format}}","query":"{{query}}"}""", Server.AdminToken);
        var started = answer.AssertStatus(202);
        Assert.Equal($"/api/v1/jobs/{started.Word("job_id")}", answer.Header("Location"));
        Assert.Equal($"/api/v1/files/{started.Word("file_id")}/content", started.Word("url"));

        var job = await Server.UntilJobAsync(started.Word("job_id"), "succeeded");
        Assert.Equal(("export.file", "transfers", 3), (job.Word("kind"), job.Word("queue"), job.GetProperty("progress").GetProperty("done").GetInt32()));
        var file = (await Server.GetAsync($"/api/v1/files/{started.Word("file_id")}", Server.AdminToken)).AssertStatus(200);
        Assert.Equal(($"users.{format}", type, "admin-token"), (file.Word("name"), file.Word("content_type"), file.Word("owner_id")));
        var content = await Server.GetAsync(started.Word("url"), Server.AdminToken);
        Assert.Equal(Encoding.UTF8.GetString((await Server.GetAsync($"/api/v1/users/export.{format}?{query}", Server.AdminToken)).Body), content.Text);
        Assert.DoesNotContain("'=1+2", content.Text, StringComparison.Ordinal);
        Assert.Equal(file.GetProperty("size").GetInt64(), content.Body.Length);

        var entry = (await Server.GetAsync($"/api/v1/audit?action=users.export&target=file:{started.Word("file_id")}", Server.AdminToken)).AssertStatus(200).GetProperty("items")[0];
        Assert.Equal((format, query), (entry.GetProperty("details").Word("format"), entry.GetProperty("details").Word("query")));
        Assert.Equal(1, (await Server.GetAsync($"/api/v1/audit?action=file.create&target=file:{started.Word("file_id")}", Server.AdminToken)).AssertStatus(200).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Export_OfAUsersOwn_HasNoOtherUsersRows()
    {
        var ((ann, annToken), (_, bobToken)) = (Server.NewUser(), Server.NewUser());
        await Server.UploadAsync("of ann", annToken);
        await Server.UploadAsync("of bob", bobToken);

        var started = (await Server.PostAsync(Path, """{"list":"files","format":"ndjson"}""", annToken)).AssertStatus(202);
        await Server.UntilJobAsync(started.Word("job_id"), "succeeded");

        var line = Assert.Single((await Server.GetAsync(started.Word("url"), annToken)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ann, JsonElement.Parse(line).Word("owner_id"));
        (await Server.GetAsync(started.Word("url"), bobToken)).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Export_OfRooms_TakesTheirOwnParametersAndRule()
    {
        var (ann, token) = Server.NewUser();
        (await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"exported-a","allowed_users":["{{ann}}"]}""", Server.AdminToken)).AssertStatus(201);
        (await Server.PostAsync("/api/v1/rooms", """{"room_id":"exported-b"}""", Server.AdminToken)).AssertStatus(201);

        var all = (await Server.PostAsync(Path, """{"list":"rooms","format":"csv","query":"prefix=exported-"}""", Server.AdminToken)).AssertStatus(202);
        var own = (await Server.PostAsync(Path, """{"list":"rooms","format":"csv","query":"prefix=exported-"}""", token)).AssertStatus(202);
        await Server.UntilJobAsync(all.Word("job_id"), "succeeded");
        await Server.UntilJobAsync(own.Word("job_id"), "succeeded");

        Assert.Equal(3, (await Server.GetAsync(all.Word("url"), Server.AdminToken)).Text.Trim().Split('\n').Length);
        Assert.StartsWith("exported-a,", Assert.Single((await Server.GetAsync(own.Word("url"), token)).Text.Trim().Split('\n').Skip(1)), StringComparison.Ordinal);
        (await Server.PostAsync(Path, """{"list":"rooms","format":"csv","query":"member=somebody-else"}""", token)).AssertError(403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("""{"list":"jobs","format":"csv"}""", "list")]
    [InlineData("""{"format":"csv"}""", "list")]
    [InlineData("""{"list":"users","format":"xlsx"}""", "format")]
    [InlineData("""{"list":"users"}""", "format")]
    [InlineData("""{"list":"users","format":"csv","query":"sort=password_hash"}""", "query")]
    [InlineData("""{"list":"users","format":"csv","query":"limit=10"}""", "query")]
    [InlineData("""{"list":"users","format":"csv","query":"bom=perhaps"}""", "query")]
    [InlineData("""{"list":"rooms","format":"ndjson","query":"created_at.lt=never"}""", "query")]
    public async Task Export_NotAsItMustBe_NamesTheField(string body, string field)
    {
        Assert.Equal(field, (await Server.PostAsync(Path, body, Server.AdminToken)).AssertRefusedField());
    }

    [Fact]
    public async Task Export_WithoutThePermission_Refused()
    {
        var (_, token) = Server.NewUser("files:read");
        (await Server.PostAsync(Path, """{"list":"users","format":"csv"}""", token)).AssertError(403, "FORBIDDEN");
        (await Server.PostAsync(Path, """{"list":"audit","format":"csv"}""", token)).AssertError(403, "FORBIDDEN");
        (await Server.PostAsync(Path, """{"list":"files","format":"csv"}""")).AssertError(401, "UNAUTHORIZED");

        // Whoever has no account has no files, unless they look after all of them.
        var key = (await Server.PostAsync("/api/v1/api-keys", """{"name":"reader","scopes":["files:read"]}""", Server.AdminToken)).AssertStatus(201).Word("secret");
        (await Server.PostAsync(Path, """{"list":"files","format":"csv"}""", key)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Export_RepeatedUnderItsKey_IsOneJob()
    {
        const string Body = """{"list":"audit","format":"ndjson","query":"action=never.done"}""";
        var first = await Server.PostAsync(Path, Body, Server.AdminToken, ("Idempotency-Key", "one export"));
        var second = await Server.PostAsync(Path, Body, Server.AdminToken, ("Idempotency-Key", "one export"));

        Assert.Equal(first.AssertStatus(202).Word("job_id"), second.AssertStatus(202).Word("job_id"));
        Assert.Equal(("true", first.Header("Location")), (second.Header("Idempotency-Replayed"), second.Header("Location")));
    }

    [Fact]
    public async Task Export_BeyondTheQuota_IsDeadAndLeavesNothing()
    {
        var (user, token) = Server.NewUser();
        await Server.UploadAsync(new string('x', TransferServer.Quota - 10), token);

        var started = (await Server.PostAsync(Path, """{"list":"files","format":"csv"}""", token)).AssertStatus(202);
        var job = await Server.UntilJobAsync(started.Word("job_id"), "dead");

        Assert.Contains("quota", job.Word("last_error"), StringComparison.Ordinal);
        Assert.Equal(1, job.GetProperty("attempts").GetInt32());
        (await Server.GetAsync(started.Word("url"), token)).AssertError(404, "NOT_FOUND");
        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM file_reservations WHERE owner_id = @user", new { user }));
    }

    [Fact]
    public async Task Export_CancelledWhileItRuns_LeavesNothing()
    {
        string job, file;
        await using (await TransferServer.HoldStreamsAsync(Server))
        {
            var started = (await Server.PostAsync(Path, """{"list":"users","format":"csv"}""", Server.AdminToken)).AssertStatus(202);
            (job, file) = (started.Word("job_id"), started.Word("file_id"));
            await Server.UntilJobAsync(job, "running");

            (await Server.PostAsync($"/api/v1/jobs/{job}/cancel", "", Server.AdminToken)).AssertStatus(202);
            await Server.UntilJobAsync(job, "cancelled");
        }

        (await Server.GetAsync($"/api/v1/files/{file}", Server.AdminToken)).AssertError(404, "NOT_FOUND");
        Assert.Empty(Directory.EnumerateFiles(Server.Settings.FilesDirectory, file, SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Export_ReplayedAfterItsEnd_LeavesTheFileAsItIs()
    {
        var started = (await Server.PostAsync(Path, """{"list":"users","format":"csv","query":"sort=email"}""", Server.AdminToken)).AssertStatus(202);
        var job = started.Word("job_id");
        await Server.UntilJobAsync(job, "succeeded");
        var before = (await Server.GetAsync(started.Word("url"), Server.AdminToken)).Text;
        (await Server.PostAsync("/api/v1/users", """{"email":"replayed@example.com"}""", Server.AdminToken)).AssertStatus(201);

        (await Server.PostAsync($"/api/v1/jobs/{job}/replay", "", Server.AdminToken)).AssertStatus(200);

        Assert.Contains("there already", (await Server.UntilJobAsync(job, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Equal(before, (await Server.GetAsync(started.Word("url"), Server.AdminToken)).Text);
    }

    [Fact]
    public async Task Export_OfAHundredThousandRows_HasThemAll()
    {
        const int Rows = 100_000;
        await Server.App.Services.GetRequiredService<Database>().ExecuteAsync(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @Rows)
            INSERT INTO audit_log (id, at, actor, action, outcome) SELECT 'many-' || i, i, 'service', 'test.many', 'success' FROM n
            """,
            new { Rows }, TestContext.Current.CancellationToken);

        var started = (await Server.PostAsync(Path, """{"list":"audit","format":"csv","query":"action=test.many"}""", Server.AdminToken)).AssertStatus(202);
        var job = await Server.UntilJobAsync(started.Word("job_id"), "succeeded");

        Assert.Equal(Rows, job.GetProperty("progress").GetProperty("done").GetInt32());
        Assert.Equal(Rows + 1, (await Server.GetAsync(started.Word("url"), Server.AdminToken)).Body.Count(static one => one == '\n'));
    }

    /// <summary>What somebody may do counts when the job runs: another process does what the first one left.</summary>
    [Fact]
    public async Task Export_CallerLostItMeanwhile_IsDeadAndSaysSo()
    {
        using var directory = new TempDirectory();
        var (kept, demoted, deleted, revoked) = ("", "", "", "");
        await using (var first = await RunningServer.StartInAsync(directory, TransferServer.Configuration, "--Jobs:Queues:transfers:Workers=0"))
        {
            async Task<string> AskAsync(string token) => (await first.PostAsync(Path, """{"list":"users","format":"csv"}""", token)).AssertStatus(202).Word("job_id");

            var (_, annToken, _) = await first.AddAccountAsync("users:read");
            var (_, bobToken, role) = await first.AddAccountAsync("users:read");
            var (eve, eveToken, _) = await first.AddAccountAsync("users:read");
            var key = (await first.PostAsync("/api/v1/api-keys", """{"name":"exporter","scopes":["users:read","files:write"]}""", first.AdminToken)).AssertStatus(201);
            (kept, demoted, deleted, revoked) = (await AskAsync(annToken), await AskAsync(bobToken), await AskAsync(eveToken), await AskAsync(key.Word("secret")));
            (await first.PostAsync("/api/v1/auth/logout", "", annToken)).AssertStatus(204);
            Assert.InRange((await first.SendAsync(HttpMethod.Put, "/api/v1/roles/" + role, """{"permissions":["files:read"]}""", first.AdminToken)).Status, 200, 201);
            (await first.SendAsync(HttpMethod.Delete, "/api/v1/users/" + eve, null, first.AdminToken)).AssertStatus(204);
            (await first.SendAsync(HttpMethod.Delete, "/api/v1/api-keys/" + key.Word("id"), null, first.AdminToken)).AssertStatus(204);
        }

        await using var second = await RunningServer.StartInAsync(directory, TransferServer.Configuration);

        // Who logged out has not taken back what they asked for.
        await second.UntilJobAsync(kept, "succeeded");
        Assert.Contains("may not do it any more", (await second.UntilJobAsync(demoted, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Contains("not let in any more", (await second.UntilJobAsync(deleted, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Contains("not let in any more", (await second.UntilJobAsync(revoked, "dead")).Word("last_error"), StringComparison.Ordinal);
        Assert.Equal(1, (await second.GetAsync("/api/v1/files?page=1", second.AdminToken)).AssertStatus(200).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Export_ServiceStoppedInTheMiddle_IsOneFileOfTheNext()
    {
        using var directory = new TempDirectory();
        JsonElement started;
        await using (var first = await RunningServer.StartInAsync(directory, TransferServer.Configuration))
        {
            await using var held = await TransferServer.HoldStreamsAsync(first);
            started = (await first.PostAsync(Path, """{"list":"users","format":"csv"}""", first.AdminToken)).AssertStatus(202);
            await first.UntilJobAsync(started.Word("job_id"), "running");
            await first.App.StopAsync(TestContext.Current.CancellationToken);
        }

        await using var second = await RunningServer.StartInAsync(directory, TransferServer.Configuration);
        var job = await second.UntilJobAsync(started.Word("job_id"), "succeeded");

        Assert.Equal(1, job.GetProperty("attempts").GetInt32());
        Assert.Equal(1, second.CountBytesOf(started.Word("file_id")));
        Assert.Equal(200, (await second.GetAsync(started.Word("url"), second.AdminToken)).Status);
    }

    private async Task<long> CountAsync(string sql, object parameters) =>
        await Server.App.Services.GetRequiredService<Database>().QuerySingleOrDefaultAsync<long>(sql, parameters, TestContext.Current.CancellationToken);
}
