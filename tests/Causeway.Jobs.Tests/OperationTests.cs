using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Jobs.Tests;

[Collection("databases")]
public sealed class OperationTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Cancel_Waiting_IsOverAndNeverRuns(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        var id = await node.AddAsync("cancelled");

        var result = await node.Jobs.CancelAsync(id);
        node.Worker.Start();
        await node.UntilAsync(await node.AddAsync("other"), JobState.Succeeded);

        Assert.Equal((JobOperationStatus.Done, JobState.Cancelled), (result.Status, result.Job!.State));
        Assert.NotNull(result.Job.FinishedAt);
        Assert.Equal(["other"], node.Script.Began);
        Assert.Equal(JobOperationStatus.WrongState, (await node.Jobs.CancelAsync(id)).Status);
        Assert.Equal(JobOperationStatus.NotFound, (await node.Jobs.CancelAsync("none")).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Cancel_Running_EndsItsHandler(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        node.Script.Hold("long");
        var id = await node.AddAsync("long");
        await node.Script.Begun("long");

        Assert.Equal(JobOperationStatus.Asked, (await node.Jobs.CancelAsync(id)).Status);
        var job = await node.UntilAsync(id, JobState.Cancelled);

        Assert.Equal((null, null), (job.Worker, job.CancelAskedAt));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Cancel_RunningOnAnotherNode_EndsItAtItsNextPoll(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await using var other = node.Another();
        node.Worker.Start();
        node.Script.Hold("long");
        var id = await node.AddAsync("long");
        await node.Script.Begun("long");

        Assert.Equal(JobOperationStatus.Asked, (await other.Jobs.CancelAsync(id)).Status);
        await node.WhileTimePassesAsync(id, JobState.Cancelled);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Cancel_RunningThatFailsInstead_IsCancelledAndNotTriedAgain(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        node.Script["clumsy"] = static async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("could not tidy up");
        };
        var id = await node.AddAsync("clumsy");
        await node.Script.Begun("clumsy");

        await node.Jobs.CancelAsync(id);
        var job = await node.UntilAsync(id, JobState.Cancelled);

        Assert.Equal("could not tidy up", job.LastError);
        Assert.NotNull(job.FinishedAt);
        Assert.Single(await node.Jobs.FailuresAsync(id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Cancel_RunningThatSucceedsFirst_Succeeds(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        node.Script["deaf"] = static async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return JobOutcome.Done;
        };
        var id = await node.AddAsync("deaf");
        await node.Script.Begun("deaf");

        await node.Jobs.CancelAsync(id);

        await node.UntilAsync(id, JobState.Succeeded);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Retry_PutOff_IsBegunNow(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        var id = await node.AddAsync("later", new EnqueueOptions { DueAt = node.Time.GetUtcNow() + TimeSpan.FromDays(5) });

        Assert.Equal(JobOperationStatus.Done, (await node.Jobs.RetryAsync(id)).Status);
        await node.UntilAsync(id, JobState.Succeeded);

        Assert.Equal(JobOperationStatus.WrongState, (await node.Jobs.RetryAsync(id)).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Discard_Running_IsRefused(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        var gate = node.Script.Hold("busy");
        node.Script["failing"] = static (_, _) => Task.FromResult(JobOutcome.GiveUp("no use"));
        var (busy, dead) = (await node.AddAsync("busy"), await node.AddAsync("failing"));
        await node.Script.Begun("busy");
        await node.UntilAsync(dead, JobState.Dead);

        Assert.Equal(JobOperationStatus.WrongState, (await node.Jobs.DiscardAsync(busy)).Status);
        Assert.Equal(JobOperationStatus.Done, (await node.Jobs.DiscardAsync(dead)).Status);

        Assert.Null(await node.Jobs.FindAsync(dead));
        Assert.Empty(await node.Jobs.FailuresAsync(dead));
        gate.SetResult();
        await node.UntilAsync(busy, JobState.Succeeded);
        Assert.Equal(JobOperationStatus.NotFound, (await node.Jobs.DiscardAsync(dead)).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Replay_Dead_HasAllItsTriesAgainAndKeepsWhatWentWrong(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => kind.MaxAttempts = 1);
        node.Worker.Start();
        node.Script["broken"] = static (_, _) => throw new InvalidOperationException("broken\nin two lines");
        var id = await node.AddAsync("broken");
        var dead = await node.UntilAsync(id, JobState.Dead);
        Assert.Equal((1, "broken"), (dead.Attempts, dead.LastError));

        node.Script["broken"] = static (_, _) => Task.FromResult(JobOutcome.Done);
        var replayed = await node.Jobs.ReplayAsync(id);
        var job = await node.UntilAsync(id, JobState.Succeeded);

        Assert.Equal((JobOperationStatus.Done, JobState.Waiting, 0), (replayed.Status, replayed.Job!.State, replayed.Job.Attempts));
        Assert.Equal(1, job.Attempts);
        var failure = Assert.Single(await node.Jobs.FailuresAsync(id));
        Assert.Equal((1, JobFailureReason.Failed, "broken\nin two lines"), (failure.Attempt, failure.Reason, failure.Message));
        Assert.Contains(nameof(Replay_Dead_HasAllItsTriesAgainAndKeepsWhatWentWrong), failure.Stack, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Replay_AgainAndAgain_KeepsTheLastTwentyFailures(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => kind.MaxAttempts = 1);
        node.Worker.Start();
        var tries = 0;
        node.Script["broken"] = (_, _) => throw new InvalidOperationException($"time {Interlocked.Increment(ref tries)}");
        var id = await node.AddAsync("broken");
        await node.UntilAsync(id, JobState.Dead);

        for (var replays = 0; replays < 24; replays++)
        {
            Assert.Equal(JobOperationStatus.Done, (await node.Jobs.ReplayAsync(id)).Status);
            await node.UntilAsync(id, JobState.Dead);
        }

        Assert.Equal(Enumerable.Range(6, 20).Reverse().Select(static time => $"time {time}"), (await node.Jobs.FailuresAsync(id)).Select(static failure => failure.Message));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Prune_WhatIsKeptLongEnough_IsGoneAndTheRestStays(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        node.Script["dead"] = static (_, _) => Task.FromResult(JobOutcome.GiveUp("no use"));
        var (done, dead, cancelled) = (await node.AddAsync("done"), await node.AddAsync("dead"), await node.AddAsync("c", new EnqueueOptions { DueAt = DateTimeOffset.MaxValue.AddDays(-1) }));
        await node.Jobs.CancelAsync(cancelled);
        await node.UntilAsync(done, JobState.Succeeded);
        await node.UntilAsync(dead, JobState.Dead);
        var waiting = await node.AddAsync("w", new EnqueueOptions { DueAt = DateTimeOffset.MaxValue.AddDays(-1) });

        node.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        Assert.Equal(1, await node.Get<JobUpkeep>().PruneAsync(default));
        Assert.Null(await node.Jobs.FindAsync(done));
        node.Time.Advance(TimeSpan.FromDays(6));
        Assert.Equal(1, await node.Get<JobUpkeep>().PruneAsync(default));
        Assert.Null(await node.Jobs.FindAsync(cancelled));
        await node.Get<JobUpkeep>().CountAsync(default);
        Assert.Equal([new JobCount("default", JobState.Scheduled, 1), new JobCount("default", JobState.Dead, 1)], node.Jobs.Counts);
        node.Time.Advance(TimeSpan.FromDays(23));
        Assert.Equal(1, await node.Get<JobUpkeep>().PruneAsync(default));

        Assert.Null(await node.Jobs.FindAsync(dead));
        Assert.NotNull(await node.Jobs.FindAsync(waiting));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Changes_LifeOfAJob_AreToldInOrder(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        var told = new System.Collections.Concurrent.ConcurrentQueue<JobChange>();
        using var failing = node.Get<JobChanges>().Subscribe(static _ => throw new InvalidOperationException("a bad subscriber"));
        using var subscription = node.Get<JobChanges>().Subscribe(told.Enqueue);
        var halfway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Script["import"] = async (context, token) =>
        {
            context.Report(100, 200, "half of it");
            await halfway.Task.WaitAsync(token);
            context.Report(200, 200, "all");
            return JobOutcome.Done;
        };
        node.Worker.Start();
        var id = await node.AddAsync("import");

        await Eventually.True(async () => (await node.FindAsync(id)).Progress == new JobProgress(100, 200, "half of it"));
        halfway.SetResult();
        var job = await node.UntilAsync(id, JobState.Succeeded);
        await Eventually.True(() => told.Any(static change => change.State == JobState.Succeeded));

        Assert.Equal(new JobProgress(200, 200, "all"), job.Progress);
        Assert.Equal([JobState.Waiting, JobState.Running, JobState.Running, JobState.Succeeded], told.Select(static change => change.State!.Value));
        Assert.Equal([null, null, 100, 200], told.Select(static change => change.Progress?.Done));
        Assert.All(told, change => Assert.Equal((id, "work", "default"), (change.Id, change.Kind, change.Queue)));
        Assert.Equal(4, node.Log.Named("SubscriberFailed").Count);
    }
}
