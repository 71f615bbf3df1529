using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Upkeep;

/// <summary>F9: what is done from time to time to what all nodes share is a scheduled job.</summary>
public sealed class UpkeepTests(LocalServer local) : IClassFixture<LocalServer>
{
    private static readonly string[] Kinds = ["files.sweep", "retention.accounts", "retention.idempotency_keys", "retention.room_changes", "retention.webhooks"];

    private RunningServer Server => local.Server;

    [Fact]
    public async Task Schedules_OfTheService_AreListedAndEachRuns()
    {
        await UntilScheduledAsync();
        foreach (var kind in Kinds)
        {
            var schedule = (await Server.GetAsync($"/api/v1/schedules/{kind}")).AssertStatus(200);
            Assert.Equal((kind, "UTC"), (schedule.GetProperty("kind").GetString(), schedule.GetProperty("time_zone").GetString()));
            Assert.Equal("upkeep", (await RunAsync(kind)).GetProperty("queue").GetString());
        }
    }

    [Fact]
    public async Task Loops_OfEachNode_AreWhatIsItsOwn()
    {
        var loops = (await Server.GetAsync("/api/v1/loops")).AssertStatus(200).GetProperty("items").EnumerateArray().Select(static loop => loop.GetProperty("name").GetString()!).ToList();

        string[] own = ["idempotency clean-up", "room logs", "room logs clean-up", "signing keys", "webhook lanes"];
        Assert.Empty(own.Except(loops));
        Assert.Empty(loops.Intersect(["accounts clean-up", "files clean-up", "room changes clean-up", "webhook clean-up"]));
    }

    [Fact]
    public async Task RetentionOfIdempotencyKeys_DeletesWhatIsOverAndNoOther()
    {
        await UntilScheduledAsync();
        var database = Server.App.Services.GetRequiredService<Database>();
        foreach (var (id, expiresAt) in new[] { ("over", 1L), ("kept", long.MaxValue) })
        {
            await database.ExecuteAsync(
                "INSERT INTO idempotency_keys (id, fingerprint, sealed_by, claim, lease_until, expires_at, body) VALUES (@id, '', '', '', 0, @expiresAt, @body)",
                new { id, expiresAt, body = Array.Empty<byte>() }, TestContext.Current.CancellationToken);
        }

        await RunAsync("retention.idempotency_keys");

        Assert.Equal(["kept"], await database.QueryAsync<string>("SELECT id FROM idempotency_keys WHERE id IN ('over', 'kept')", null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RetentionOfRoomChanges_DeletesThoseThatEveryNodeHasRead()
    {
        await UntilScheduledAsync();
        var database = Server.App.Services.GetRequiredService<Database>();
        await database.ExecuteAsync("INSERT INTO room_changes (kind, room_id, at) VALUES (1, 'long-ago', 1)", null, TestContext.Current.CancellationToken);

        await RunAsync("retention.room_changes");

        Assert.Empty(await database.QueryAsync<string>("SELECT room_id FROM room_changes WHERE room_id = 'long-ago'", null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Sweep_OfAFileThatNobodyKnows_IsAJobThatDeletesIt()
    {
        await UntilScheduledAsync();
        var unknown = Path.Combine(Server.Settings.FilesDirectory, "stored", "wn", "no", "0190-unknown");
        Directory.CreateDirectory(Path.GetDirectoryName(unknown)!);
        await File.WriteAllTextAsync(unknown, "left", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(unknown, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        await RunAsync("files.sweep");

        Assert.False(File.Exists(unknown));
    }

    /// <summary>The clock that makes the jobs writes its schedules down a moment after the start.</summary>
    private Task UntilScheduledAsync() => Eventually.True(async () =>
        Kinds.All((await Server.GetAsync("/api/v1/schedules")).AssertStatus(200).GetProperty("items").EnumerateArray().Select(static schedule => schedule.GetProperty("name").GetString()).Contains));

    /// <summary>Runs one now. The clock may have made its job at the same moment; that one may have begun before what it is to find.</summary>
    private async Task<JsonElement> RunAsync(string kind)
    {
        while (true)
        {
            var made = (await Server.PostAsync($"/api/v1/schedules/{kind}/run", "")).AssertStatus(202);
            var path = $"/api/v1/jobs/{made.GetProperty("job_id").GetString()}";
            await Eventually.Equal("succeeded", async () => (await Server.GetAsync(path)).AssertStatus(200).GetProperty("job").GetProperty("state").GetString());
            if (made.GetProperty("is_new").GetBoolean())
            {
                return (await Server.GetAsync(path)).AssertStatus(200).GetProperty("job");
            }
        }
    }
}
