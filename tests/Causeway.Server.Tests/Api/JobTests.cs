using System.Text.Json;
using Causeway.Jobs;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Api;

/// <summary>F9: durable jobs and schedules over HTTP, in a room, and in the metrics.</summary>
public sealed class JobTests
{
    private static readonly TimeSpan Far = TimeSpan.FromDays(300);

    [Fact]
    public async Task Jobs_OfAllStates_AreListedFilteredAndShown()
    {
        await using var server = await StartAsync();
        var jobs = server.App.Services.GetRequiredService<JobClient>();
        var done = (await jobs.EnqueueAsync(new TestJob("done"))).Id;
        var dead = (await jobs.EnqueueAsync(new TestJob("dead"), new EnqueueOptions { MaxAttempts = 1, Priority = 7 })).Id;
        var later = (await jobs.EnqueueAsync(new TestJob("later"), new EnqueueOptions { DueAt = TimeProvider.System.GetUtcNow() + Far, UniqueKey = "once" })).Id;
        await UntilAsync(server, done, "succeeded");
        await UntilAsync(server, dead, "dead");

        var first = (await server.GetAsync("/api/v1/jobs?kind=test&limit=2")).AssertStatus(200);
        var rest = (await server.GetAsync($"/api/v1/jobs?kind=test&limit=2&cursor={first.GetProperty("next_cursor").GetString()}")).AssertStatus(200);
        Assert.Equal(2, Ids(first).Count());
        Assert.Equal(new[] { done, dead, later }.Order(), Ids(first).Concat(Ids(rest)).Order());
        Assert.Equal([dead], Ids((await server.GetAsync("/api/v1/jobs?state=dead")).AssertStatus(200)));
        Assert.Equal(2, (await server.GetAsync("/api/v1/jobs?kind=test&state=dead&state=scheduled&page=1")).AssertStatus(200).GetProperty("total").GetInt32());
        Assert.Empty(Ids((await server.GetAsync("/api/v1/jobs?kind.prefix=other")).AssertStatus(200)));
        (await server.GetAsync("/api/v1/jobs?state=lost")).AssertError(422, "VALIDATION_ERROR");
        (await server.GetAsync("/api/v1/jobs?sort=kind")).AssertError(422, "VALIDATION_ERROR");

        var shown = (await server.GetAsync($"/api/v1/jobs/{dead}")).AssertStatus(200);
        var job = shown.GetProperty("job");
        Assert.Equal(("test", "default", 7, 1, "it is broken"), (
            job.GetProperty("kind").GetString(), job.GetProperty("queue").GetString(), job.GetProperty("priority").GetInt32(), job.GetProperty("attempts").GetInt32(), job.GetProperty("last_error").GetString()));
        Assert.Equal("""{"name":"dead"}""", shown.GetProperty("args").GetString());
        var failure = Assert.Single(shown.GetProperty("failures").EnumerateArray());
        Assert.Equal(("failed", "it is broken"), (failure.GetProperty("reason").GetString(), failure.GetProperty("message").GetString()));
        Assert.Contains(nameof(TestJobHandler), failure.GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Equal("once", (await server.GetAsync($"/api/v1/jobs/{later}")).AssertStatus(200).GetProperty("unique_key").GetString());
        (await server.GetAsync("/api/v1/jobs/none")).AssertError(404, "NOT_FOUND");
        Assert.Contains("""causeway_jobs_tries_total{kind="test",outcome="dead"} 1""", (await server.GetAsync("/metrics", server.AdminToken)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operations_EachInItsState_DoWhatTheySayAndElseConflict()
    {
        await using var server = await StartAsync();
        var jobs = server.App.Services.GetRequiredService<JobClient>();
        var later = (await jobs.EnqueueAsync(new TestJob("done"), new EnqueueOptions { DueAt = TimeProvider.System.GetUtcNow() + Far })).Id;
        var held = (await jobs.EnqueueAsync(new TestJob("hold"))).Id;
        await UntilAsync(server, held, "running");

        (await server.PostAsync($"/api/v1/jobs/{held}/retry", "")).AssertError(409, "CONFLICT");
        Assert.Equal("running", (await server.DeleteAsync($"/api/v1/jobs/{held}")).AssertError(409, "CONFLICT").GetProperty("state").GetString());
        (await server.PostAsync($"/api/v1/jobs/{held}/cancel", "")).AssertStatus(202);
        await UntilAsync(server, held, "cancelled");
        (await server.PostAsync($"/api/v1/jobs/{held}/cancel", "")).AssertError(409, "CONFLICT");

        (await server.PostAsync($"/api/v1/jobs/{later}/replay", "")).AssertError(409, "CONFLICT");
        (await server.PostAsync($"/api/v1/jobs/{later}/retry", "")).AssertStatus(200);
        await UntilAsync(server, later, "succeeded");
        Assert.Equal(0, (await server.PostAsync($"/api/v1/jobs/{later}/replay", "")).AssertStatus(200).GetProperty("attempts").GetInt32());
        await UntilAsync(server, later, "succeeded");
        (await server.DeleteAsync($"/api/v1/jobs/{later}")).AssertStatus(204);
        (await server.DeleteAsync($"/api/v1/jobs/{later}")).AssertError(404, "NOT_FOUND");
        (await server.PostAsync("/api/v1/jobs/none/cancel", "")).AssertError(404, "NOT_FOUND");

        // What was refused did nothing.
        var audit = (await server.GetAsync("/api/v1/audit?action.prefix=job.")).AssertStatus(200).GetProperty("items").EnumerateArray();
        Assert.Equal(
            [("job.cancel", held), ("job.discard", later), ("job.replay", later), ("job.retry", later)],
            audit.Select(static entry => (entry.GetProperty("action").GetString()!, entry.GetProperty("target").GetString()!["job:".Length..])).Order());
    }

    [Fact]
    public async Task Schedules_OfTheProgram_AreListedRunPausedAndResumed()
    {
        await using var server = await StartAsync();
        await Eventually.True(async () =>
            (await server.GetAsync("/api/v1/schedules")).AssertStatus(200).GetProperty("items").EnumerateArray().Any(static item => item.GetProperty("name").GetString() == "yearly"));
        var schedule = (await server.GetAsync("/api/v1/schedules/yearly")).AssertStatus(200);
        Assert.Equal(("test", "0 0 1 1 *", "Europe/Berlin", false), (
            schedule.GetProperty("kind").GetString(), schedule.GetProperty("cron").GetString(), schedule.GetProperty("time_zone").GetString(), schedule.GetProperty("paused").GetBoolean()));
        Assert.NotEqual(JsonValueKind.Null, schedule.GetProperty("next_at").ValueKind);

        var made = (await server.PostAsync("/api/v1/schedules/yearly/run", "")).AssertStatus(202);
        Assert.True(made.GetProperty("is_new").GetBoolean());
        await UntilAsync(server, made.GetProperty("job_id").GetString()!, "succeeded");
        Assert.True((await server.PostAsync("/api/v1/schedules/yearly/pause", "")).AssertStatus(200).GetProperty("paused").GetBoolean());
        Assert.False((await server.PostAsync("/api/v1/schedules/yearly/resume", "")).AssertStatus(200).GetProperty("paused").GetBoolean());

        foreach (var action in new[] { "run", "pause", "resume" })
        {
            (await server.PostAsync($"/api/v1/schedules/none/{action}", "")).AssertError(404, "NOT_FOUND");
        }
    }

    [Fact]
    public async Task Room_WithAMember_HearsOfProgressAndEnds()
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("causeway:jobs");

        var id = (await server.App.Services.GetRequiredService<JobClient>().EnqueueAsync(new TestJob("progress"))).Id;
        var states = new List<string?>();
        long? done = null;
        while (states.LastOrDefault() != "succeeded")
        {
            var message = await client.NextAsync("job.changed");
            var payload = message.Payload;
            if (payload.GetProperty("kind").GetString() != "test")
            {
                // The service has jobs of its own.
                continue;
            }

            Assert.Equal(id, payload.GetProperty("job_id").GetString());
            states.Add(payload.GetProperty("state").GetString());
            done = payload.GetProperty("progress") is { ValueKind: JsonValueKind.Object } progress ? progress.GetProperty("done").GetInt64() : done;
        }

        Assert.Equal(10, done);
    }

    [Fact]
    public async Task Access_NotAnOperator_SeesNothingAndStacksAreForAdmins()
    {
        await using var server = await StartAsync("--Auth:Mode=required");
        var id = (await server.App.Services.GetRequiredService<JobClient>().EnqueueAsync(new TestJob("dead"), new EnqueueOptions { MaxAttempts = 1 })).Id;
        var (reader, writer) = (server.TokenFor("ada", null, "jobs:read"), server.TokenFor("eve", null, "jobs:write"));
        await Eventually.True(async () => (await server.GetAsync($"/api/v1/jobs/{id}", reader)).AssertStatus(200).GetProperty("job").GetProperty("state").GetString() == "dead");

        var failure = (await server.GetAsync($"/api/v1/jobs/{id}", reader)).AssertStatus(200).GetProperty("failures")[0];
        Assert.Equal(JsonValueKind.Null, failure.GetProperty("stack").ValueKind);
        Assert.NotEqual(JsonValueKind.Null, (await server.GetAsync($"/api/v1/jobs/{id}", server.AdminToken)).AssertStatus(200).GetProperty("failures")[0].GetProperty("stack").ValueKind);
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", $"/{id}") })
        {
            (await server.SendAsync(new HttpMethod(method), "/api/v1/jobs" + path)).AssertError(401, "UNAUTHORIZED");
            (await server.SendAsync(new HttpMethod(method), "/api/v1/jobs" + path, null, writer)).AssertError(403, "FORBIDDEN");
        }

        (await server.PostAsync($"/api/v1/jobs/{id}/replay", "", reader)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync("/api/v1/schedules/yearly/run", "", reader)).AssertError(403, "FORBIDDEN");
        await using var client = await server.ConnectAsync(reader);
        Assert.Equal("error", (await client.RequestAsync("join_room", new System.Text.Json.Nodes.JsonObject { ["room_id"] = "causeway:jobs" })).Type);
    }

    private static IEnumerable<string?> Ids(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("id").GetString());

    private static Task UntilAsync(RunningServer server, string id, string state) => Eventually.Equal(
        state, async () => (await server.GetAsync($"/api/v1/jobs/{id}")).AssertStatus(200).GetProperty("job").GetProperty("state").GetString());

    private static Task<RunningServer> StartAsync(params string[] arguments) => RunningServer.StartAsync(
        """{ "RateLimits": { "Enabled": false } }""",
        static builder =>
        {
            builder.Services.AddJob<TestJob, TestJobHandler>("test");
            builder.Services.AddJobSchedule("yearly", "0 0 1 1 *", static _ => new TestJob("scheduled"), static schedule => schedule.TimeZone = "Europe/Berlin");
        },
        arguments);

    private sealed record TestJob(string Name);

    private sealed class TestJobHandler : IJobHandler<TestJob>
    {
        public async Task<JobOutcome> RunAsync(TestJob args, JobContext context, CancellationToken cancellationToken)
        {
            switch (args.Name)
            {
                case "dead":
                    throw new InvalidOperationException("it is broken");
                case "hold":
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                    break;
                case "progress":
                    context.Report(10, 10, "all");
                    break;
            }

            return JobOutcome.Done;
        }
    }
}
