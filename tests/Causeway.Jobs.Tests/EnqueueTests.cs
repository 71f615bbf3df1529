using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Jobs.Tests;

[Collection("databases")]
public sealed class EnqueueTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Enqueue_TransactionUndone_LeavesNoJob(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        var id = "";

        await Assert.ThrowsAsync<NotSupportedException>(() => node.Database.WriteAsync(async (unit, token) =>
        {
            id = (await node.Jobs.EnqueueAsync(unit, new Work("undone"), cancellationToken: token)).Id;
            throw new NotSupportedException();
        }));

        Assert.Null(await node.Jobs.FindAsync(id));
        await node.UntilAsync(await node.AddAsync("after"), JobState.Succeeded);
        Assert.DoesNotContain("undone", node.Script.Began);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Enqueue_WorkerIdle_IsBegunWithoutWaitingForAPoll(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        await node.UntilAsync(await node.AddAsync("first"), JobState.Succeeded);

        // The clock stands: no poll comes.
        var job = await node.UntilAsync(await node.AddAsync("second"), JobState.Succeeded);

        Assert.Equal((1, node.Time.GetUtcNow(), "work", "default"), (job.Attempts, job.FinishedAt, job.Kind, job.Queue));
        Assert.Equal("""{"name":"second"}""", job.Args);
        node.Log.AssertQuiet(Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Enqueue_SameKeyFromTwentyAtOnce_MakesOne(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await using var other = node.Another();
        var options = new EnqueueOptions { UniqueKey = "report:2026-05" };

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(index => (index % 2 == 0 ? node : other).Jobs.EnqueueAsync(new Work("report"), options)));

        Assert.Single(all, static one => one.IsNew);
        Assert.Single(all.Select(static one => one.Id).Distinct());
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Enqueue_KeyOfAJobThatIsOver_MakesAnotherAndReplayIsRefused(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        var options = new EnqueueOptions { UniqueKey = "key" };
        var first = await node.AddAsync("first", options);
        Assert.Equal(JobOperationStatus.Done, (await node.Jobs.CancelAsync(first)).Status);

        var second = await node.Jobs.EnqueueAsync(new Work("second"), options);
        var replay = await node.Jobs.ReplayAsync(first);

        Assert.True(second.IsNew);
        Assert.Equal((JobOperationStatus.KeyTaken, JobState.Cancelled), (replay.Status, replay.Job!.State));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Enqueue_DueLater_WaitsForItsTime(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        var id = await node.AddAsync("later", new EnqueueOptions { DueAt = node.Time.GetUtcNow() + TimeSpan.FromMinutes(5) });
        Assert.Equal(JobState.Scheduled, (await node.FindAsync(id)).State);
        await node.UntilAsync(await node.AddAsync("now"), JobState.Succeeded);
        Assert.Equal(["now"], node.Script.Began);

        var job = await node.WhileTimePassesAsync(id, JobState.Succeeded);

        Assert.InRange(job.StartedAt!.Value, job.DueAt, DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task Enqueue_WhatNobodyCouldRun_IsRefusedAtOnce()
    {
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAsync<InvalidOperationException>(() => node.Jobs.EnqueueAsync("no kind takes a string"));
        await Assert.ThrowsAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { Queue = "nowhere" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { Priority = 101 }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { MaxAttempts = 0 }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { UniqueKey = "" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { UniqueKey = new string('k', 201) }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { UniqueKey = "zero \0" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => node.Jobs.EnqueueAsync(new Work("a"), new EnqueueOptions { UniqueKey = "half \ud83d" }));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task EnqueueMany_AThousand_AreAllRunOnce(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, static options => options.Workers = 50);
        await using var other = node.Another(static options => options.Workers = 50);
        node.Worker.Start();
        other.Worker.Start();

        await node.Database.WriteAsync((unit, token) => node.Jobs.EnqueueManyAsync(unit, Enumerable.Range(0, 1_000).Select(static index => new Work($"{index}")), cancellationToken: token));
        await Eventually.Equal(
            1_000, async () => (await node.Database.QueryAsync<long>("SELECT state FROM jobs WHERE state = 4")).Count, what: "all succeeded");

        Assert.Equal(1_000, node.Script.Began.Count);
        Assert.Equal(1_000, node.Script.Began.Distinct().Count());
    }
}
