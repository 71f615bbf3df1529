using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Jobs.Tests;

[Collection("databases")]
public sealed class WorkerTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_AlwaysFailing_IsTriedWithGrowingPausesAndThenDead(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => (kind.MaxAttempts, kind.RetryMin) = (4, TimeSpan.FromSeconds(10)));
        node.Worker.Start();
        node.Script["failing"] = static (context, _) => throw new InvalidOperationException($"no luck with try {context.Attempt}, last: {context.IsLastAttempt}");
        var id = await node.AddAsync("failing");

        var job = await node.WhileTimePassesAsync(id, JobState.Dead);
        var failures = await node.Jobs.FailuresAsync(id);

        Assert.Equal((4, "no luck with try 4, last: True"), (job.Attempts, job.LastError));
        Assert.Equal([4, 3, 2, 1], failures.Select(static failure => failure.Attempt));
        var pauses = failures.Zip(failures.Skip(1), static (later, earlier) => (later.At - earlier.At).TotalSeconds).Reverse().ToList();
        Assert.InRange(pauses[0], 8, 15);
        Assert.InRange(pauses[1], 16, 27);
        Assert.InRange(pauses[2], 32, 51);
        Assert.Equal(3, node.Log.Named("JobFailed").Count);
        Assert.IsType<InvalidOperationException>(Assert.Single(node.Log.Named("JobDied")).Exception);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_Outcomes_CountAsTheyShould(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => kind.MaxAttempts = 2);
        node.Worker.Start();
        node.Script["snoozing"] = (context, _) =>
            Task.FromResult(node.Script.Began.Count(static name => name == "snoozing") <= 5 ? JobOutcome.Snooze(TimeSpan.FromMinutes(1)) : JobOutcome.Done);
        node.Script["hopeless"] = static (_, _) => Task.FromResult(JobOutcome.GiveUp("there is no such file"));
        node.Script["needless"] = static (_, _) => Task.FromResult(JobOutcome.Cancel());
        node.Script["null"] = static (_, _) => Task.FromResult<JobOutcome>(null!);

        var snoozing = await node.WhileTimePassesAsync(await node.AddAsync("snoozing"), JobState.Succeeded);
        var hopeless = await node.UntilAsync(await node.AddAsync("hopeless"), JobState.Dead);
        await node.UntilAsync(await node.AddAsync("needless"), JobState.Cancelled);
        var nothing = await node.UntilAsync(await node.AddAsync("null", new EnqueueOptions { MaxAttempts = 1 }), JobState.Dead);

        Assert.Equal(1, snoozing.Attempts);
        Assert.Equal(6, node.Script.Began.Count(static name => name == "snoozing"));
        Assert.Equal((1, "there is no such file"), (hopeless.Attempts, hopeless.LastError));
        Assert.Contains("returned null", nothing.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_TooLong_IsCancelledAndCountsAsFailed(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => (kind.MaxAttempts, kind.Timeout) = (1, TimeSpan.FromSeconds(20)));
        node.Worker.Start();
        node.Script.Hold("slow");
        var id = await node.AddAsync("slow");
        await node.Script.Begun("slow");

        var job = await node.WhileTimePassesAsync(id, JobState.Dead);

        Assert.Equal("It took longer than 20 s.", job.LastError);
        Assert.Equal(JobFailureReason.TimedOut, Assert.Single(await node.Jobs.FailuresAsync(id)).Reason);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_HandlerThatNeverComesBack_IsLeftBehindAndTheQueueGoesOn(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(
            provider, static options => options.Workers = 1, kind: static kind => (kind.MaxAttempts, kind.Timeout) = (1, TimeSpan.FromSeconds(20)));
        node.Worker.Start();
        var gate = node.Script.HoldStubbornly("stuck");
        var id = await node.AddAsync("stuck");
        await node.Script.Begun("stuck");

        await node.WhileTimePassesAsync(id, JobState.Dead);
        await node.UntilAsync(await node.AddAsync("next"), JobState.Succeeded);

        Assert.Single(node.Log.Named("JobLeftBehind"));
        Assert.Equal(1, node.Get<JobTry>().LeftBehind);
        gate.SetResult();
        await Eventually.Equal(0, () => node.Get<JobTry>().LeftBehind);
        Assert.Equal(JobState.Dead, (await node.FindAsync(id)).State);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_OneWorker_TakesTheMostUrgentThenTheOldest(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, static options => options.Workers = 1);
        await node.AddAsync("first");
        await node.AddAsync("low", new EnqueueOptions { Priority = -1 });
        node.Time.Advance(TimeSpan.FromMilliseconds(5));
        await node.AddAsync("second");
        await node.AddAsync("urgent", new EnqueueOptions { Priority = 100 });

        node.Worker.Start();
        await Eventually.Equal(4, () => node.Script.Began.Count);

        Assert.Equal(["urgent", "first", "second", "low"], node.Script.Began);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_QueueWithLimitOverAllNodes_IsNeverPassed(DatabaseProvider provider)
    {
        static void Limit(JobsOptions options)
        {
            options.Workers = 10;
            options.Queues["narrow"] = new JobQueueOptions { MaxRunning = 3 };
        }

        await using var node = await TestJobs.CreateAsync(provider, Limit);
        await using var other = node.Another(Limit);
        node.Worker.Start();
        other.Worker.Start();
        for (var index = 0; index < 60; index++)
        {
            node.Script[$"{index}"] = static async (_, token) =>
            {
                await Task.Delay(2, token);
                return JobOutcome.Done;
            };
        }

        await node.Database.WriteAsync((unit, token) => node.Jobs.EnqueueManyAsync(
            unit, Enumerable.Range(0, 60).Select(static index => new Work($"{index}")), new EnqueueOptions { Queue = "narrow" }, token));
        await node.WhileTimePassesAsync(async () => (await node.Database.QueryAsync<long>("SELECT state FROM jobs WHERE state = 4")).Count == 60, "all are through");

        Assert.InRange(node.Script.Most, 1, 3);
        Assert.Equal(60, node.Script.Began.Count);
    }

    /// <summary>Who takes of two queues with limits has a lock on each: in another order than another node both would be undone by the database.</summary>
    [Fact]
    public async Task Run_QueuesWithLimitsOnTwoNodes_NeverStandInEachOthersWay()
    {
        static void Limit(JobsOptions options)
        {
            options.Workers = 4;
            foreach (var queue in (string[])["one", "two", "three"])
            {
                options.Queues[queue] = new JobQueueOptions { MaxRunning = 3 };
            }
        }

        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Postgres, Limit);
        await using var other = node.Another(Limit);
        await node.Database.WriteAsync(async (unit, token) =>
        {
            foreach (var queue in (string[])["one", "two", "three"])
            {
                await node.Jobs.EnqueueManyAsync(unit, Enumerable.Range(0, 100).Select(static index => new Work($"{index}")), new EnqueueOptions { Queue = queue }, token);
            }
        });
        node.Worker.Start();
        other.Worker.Start();
        await node.WhileTimePassesAsync(async () => (await node.Database.QueryAsync<long>("SELECT state FROM jobs WHERE state = 4")).Count == 300, "all are through");

        Assert.Empty(node.Log.Named("WorkerStumbled").Concat(other.Log.Named("WorkerStumbled")));
    }

    [Fact]
    public async Task Run_QueueWithFewWorkers_LeavesTheOthersToOtherQueues()
    {
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite, static options =>
        {
            options.Workers = 3;
            options.Queues["slow"] = new JobQueueOptions { Workers = 2 };
        });
        node.Worker.Start();
        node.Script.Hold("slow");
        for (var index = 0; index < 10; index++)
        {
            await node.AddAsync("slow", new EnqueueOptions { Queue = "slow" });
        }

        for (var index = 0; index < 10; index++)
        {
            await node.UntilAsync(await node.AddAsync("quick"), JobState.Succeeded);
        }

        Assert.Equal(2, node.Script.Began.Count(static name => name == "slow"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_WorkerGone_IsRunByAnotherAfterItsLeaseAndTheFirstCanSayNothingMore(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        var id = await node.AddAsync("orphan");
        var now = node.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var gone = Assert.Single(await node.Database.WriteAsync((unit, token) => node.Store.ClaimAsync(unit, "default", 10, null, "gone", now, now + 30_000, token)));
        node.Worker.Start();

        // Within the lease nobody touches it.
        node.Time.Advance(TimeSpan.FromSeconds(29));
        await node.UntilAsync(await node.AddAsync("other"), JobState.Succeeded);
        Assert.Equal("gone", (await node.FindAsync(id)).Worker);
        var job = await node.WhileTimePassesAsync(id, JobState.Succeeded);

        Assert.Equal(2, job.Attempts);
        Assert.Equal(JobFailureReason.Lost, Assert.Single(await node.Jobs.FailuresAsync(id)).Reason);
        Assert.Single(node.Log.Named("WorkerGone"));
        var late = new JobEnding(gone, JobEnd.GivenUp("too late"), new JobVerdict(JobState.Dead, 1, TimeSpan.Zero), now);
        Assert.Empty(await node.Database.WriteAsync((unit, token) => node.Store.FinishAsync(unit, [late], token)));
        Assert.Empty(await node.Database.WriteAsync((unit, token) => node.Store.ProlongAsync(unit, [gone], now + 60_000, token)));
        Assert.False(await node.Database.WriteAsync((unit, token) => node.Store.CompleteAsync(unit, gone, null, token)));
        Assert.Equal(JobState.Succeeded, (await node.FindAsync(id)).State);
        Assert.Single(await node.Jobs.FailuresAsync(id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_JobTakenFromALivingWorker_IsStoppedThereAndItsEffectUndone(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await node.Database.ExecuteAsync("CREATE TABLE effects (name text NOT NULL)");
        node.Worker.Start();
        var (gate, thrown, stopped) = (new TaskCompletionSource(), new TaskCompletionSource<Exception>(), new TaskCompletionSource());
        node.Script["slow"] = async (context, token) =>
        {
            token.Register(stopped.SetResult);
            await gate.Task;
            try
            {
                await node.Database.WriteAsync(
                    async (unit, inner) =>
                    {
                        await unit.ExecuteAsync("INSERT INTO effects (name) VALUES ('twice')", cancellationToken: inner);
                        await context.CompleteAsync(unit, inner);
                    },
                    CancellationToken.None);
            }
            catch (JobLostException exception)
            {
                thrown.SetResult(exception);
                throw;
            }

            return JobOutcome.Done;
        };
        var id = await node.AddAsync("slow");
        await node.Script.Begun("slow");

        // Another worker took it: it has a greater fence from here on.
        await node.Database.ExecuteAsync("UPDATE jobs SET fence = fence + 1, worker = 'another', lease_until = lease_until + 86400000 WHERE id = @id", new { id });
        await node.WhileTimePassesAsync(() => Task.FromResult(stopped.Task.IsCompleted), "the handler is told");

        gate.SetResult();
        await thrown.Task.Within();
        await node.Log.WaitFor("JobLost");

        Assert.Empty(await node.Database.QueryAsync<string>("SELECT name FROM effects"));
        Assert.Equal((JobState.Running, "another"), ((await node.FindAsync(id)).State, (await node.FindAsync(id)).Worker));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_LongerThanManyLeases_KeepsItsJob(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await using var other = node.Another();
        node.Worker.Start();
        var gate = node.Script.Hold("long");
        var id = await node.AddAsync("long");
        await node.Script.Begun("long");
        other.Worker.Start();

        for (var turn = 0; turn < 10; turn++)
        {
            var before = await LeaseAsync();
            await node.WhileTimePassesAsync(async () => await LeaseAsync() > before, "the lease is prolonged");
        }

        gate.SetResult();
        var job = await node.UntilAsync(id, JobState.Succeeded);

        Assert.Equal(1, job.Attempts);
        Assert.Single(node.Script.Began);

        Task<long> LeaseAsync() => node.Database.QuerySingleOrDefaultAsync<long>("SELECT lease_until FROM jobs WHERE id = @id", new { id });
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_EndInTheHandlersTransaction_StandsWhateverTheHandlerDoesThen(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await node.Database.ExecuteAsync("CREATE TABLE effects (name text NOT NULL)");
        node.Worker.Start();
        node.Script["exact"] = async (context, token) =>
        {
            context.Report(1, 1, "written");
            await node.Database.WriteAsync(
                async (unit, inner) =>
                {
                    await unit.ExecuteAsync("INSERT INTO effects (name) VALUES ('once')", cancellationToken: inner);
                    await context.CompleteAsync(unit, inner);
                },
                token);
            throw new InvalidOperationException("after the commit");
        };

        var job = await node.UntilAsync(await node.AddAsync("exact"), JobState.Succeeded);
        await node.UntilAsync(await node.AddAsync("other"), JobState.Succeeded);

        Assert.Equal((1, new JobProgress(1, 1, "written"), (string?)null), (job.Attempts, job.Progress, job.LastError));
        Assert.Equal(["once"], await node.Database.QueryAsync<string>("SELECT name FROM effects"));
        Assert.Equal(JobState.Succeeded, (await node.FindAsync(job.Id)).State);
        Assert.Empty(node.Log.Named("JobLost"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_UnknownKindOrUnreadableArguments_BackOffDieAndCanBeReplayed(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        var (unknown, unreadable) = (await node.AddAsync("unknown", new EnqueueOptions { MaxAttempts = 2 }), await node.AddAsync("unreadable", new EnqueueOptions { MaxAttempts = 2 }));
        await node.Database.ExecuteAsync("UPDATE jobs SET kind = 'from.the.future' WHERE id = @unknown", new { unknown });
        await node.Database.ExecuteAsync("UPDATE jobs SET args = '{\"name\": 5' WHERE id = @unreadable", new { unreadable });
        node.Worker.Start();

        var dead = await node.WhileTimePassesAsync(unknown, JobState.Dead);
        await node.WhileTimePassesAsync(unreadable, JobState.Dead);

        Assert.Contains("from.the.future", dead.LastError, StringComparison.Ordinal);
        Assert.Equal("{\"name\": 5", (await node.FindAsync(unreadable)).Args);
        Assert.All(await node.Jobs.FailuresAsync(unreadable), static failure => Assert.Equal(JobFailureReason.Undecodable, failure.Reason));
        Assert.Empty(node.Script.Began);

        // A release that knows it comes.
        await node.Database.ExecuteAsync("UPDATE jobs SET kind = 'work' WHERE id = @unknown", new { unknown });
        await node.Jobs.ReplayAsync(unknown);
        await node.UntilAsync(unknown, JobState.Succeeded);
    }

    /// <summary>No database keeps each of these: what one job says must not keep the worker from all others.</summary>
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Run_WordsThatAreNoText_AreKeptAsFarAsTheyAreAndTheWorkerGoesOn(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, kind: static kind => kind.MaxAttempts = 1);
        node.Worker.Start();
        var cut = new string('x', 499) + "😀";
        node.Script["reporting"] = (context, _) =>
        {
            context.Report(1, 2, context.Attempt == 1 ? cut : "");
            return Task.FromResult(JobOutcome.Done);
        };
        node.Script["zero"] = static (context, _) =>
        {
            context.Report(1, 2, "zero \0 and \ud83d");
            return Task.FromResult(JobOutcome.Done);
        };
        node.Script["failing"] = static (_, _) => throw new InvalidOperationException(new string('x', 499) + "😀 \0 \ud83d " + new string('x', 3_489) + "😀");

        var reporting = await node.UntilAsync(await node.AddAsync("reporting"), JobState.Succeeded);
        var zero = await node.UntilAsync(await node.AddAsync("zero"), JobState.Succeeded);
        var failing = await node.UntilAsync(await node.AddAsync("failing"), JobState.Dead);
        await node.UntilAsync(await node.AddAsync("fine"), JobState.Succeeded);

        Assert.Equal(new string('x', 499), reporting.Progress!.Note);
        Assert.Equal("zero \ufffd and \ufffd", zero.Progress!.Note);
        Assert.Equal(new string('x', 499), failing.LastError);
        var message = Assert.Single(await node.Jobs.FailuresAsync(failing.Id)).Message;
        Assert.StartsWith(new string('x', 499) + "😀 \ufffd \ufffd x", message, StringComparison.Ordinal);
        Assert.Empty(node.Log.Named("WorkerStumbled"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Drain_WhatRuns_MayEndAndTheRestIsHandedBackUncounted(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        node.Worker.Start();
        var gate = node.Script.Hold("ends");
        node.Script.Hold("long");
        var (ends, longer) = (await node.AddAsync("ends"), await node.AddAsync("long"));
        await node.Script.Begun("ends");
        await node.Script.Begun("long");
        using var window = new CancellationTokenSource();

        var draining = node.Worker.DrainAsync(window.Token);
        gate.SetResult();
        await node.UntilAsync(ends, JobState.Succeeded);

        // Not before: a turn that was under way when the drain began may still take something.
        var waiting = await node.AddAsync("new");
        Assert.False(draining.IsCompleted);
        await window.CancelAsync();

        Assert.Equal(1, await draining.Within());
        var job = await node.FindAsync(longer);
        Assert.Equal((JobState.Waiting, 0, (string?)null), (job.State, job.Attempts, job.Worker));
        Assert.Equal(JobState.Waiting, (await node.FindAsync(waiting)).State);
        node.Script["long"] = static (_, _) => Task.FromResult(JobOutcome.Done);
        await using var other = node.Another();
        other.Worker.Start();
        Assert.Equal(1, (await node.UntilAsync(longer, JobState.Succeeded)).Attempts);
    }

    [Fact]
    public async Task Drain_NothingInHand_EndsAtOnceAndTwice()
    {
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite);
        await using var idle = node.Another(static options => options.Workers = 0);
        node.Worker.Start();
        idle.Worker.Start();

        Assert.Equal(0, await node.Worker.DrainAsync(CancellationToken.None).Within());
        Assert.Equal(0, await node.Worker.DrainAsync(CancellationToken.None).Within());
        Assert.Equal(0, await idle.Worker.DrainAsync(CancellationToken.None).Within());
    }

    [Fact]
    public async Task Drain_WhileItPausesAfterAFailure_DoesNotWaitThePauseOut()
    {
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite);
        await node.Database.ExecuteAsync("ALTER TABLE jobs RENAME TO away");
        node.Worker.Start();
        await node.Log.WaitFor("WorkerStumbled");
        await node.Database.ExecuteAsync("ALTER TABLE away RENAME TO jobs");

        // The clock stands: the pause would never end by itself.
        Assert.Equal(0, await node.Worker.DrainAsync(CancellationToken.None).Within());
    }

    [Fact]
    public async Task Run_DatabaseGoneMeanwhile_WritesTheEndsWhenItIsBack()
    {
        await TestJobs.PostgresAsync();
        await using var server = await PostgresServer.StartAsync();
        var connection = await server.CreateDatabaseAsync();
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Postgres, connection: connection);
        node.Worker.Start();
        var gate = node.Script.Hold("across");
        var id = await node.AddAsync("across");
        await node.Script.Begun("across");

        await server.KillAsync();
        gate.SetResult();
        await node.Log.WaitFor("WorkerStumbled");
        await server.StartAgainAsync();
        await node.WhileTimePassesAsync(id, JobState.Succeeded);

        Assert.Single(node.Script.Began);
        await node.Log.WaitFor("WorkerRecovered");
    }
}
