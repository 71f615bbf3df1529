using Causeway.Data;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Jobs.Tests;

[Collection("databases")]
public sealed class ScheduleTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Tick_ManyNodesAtOnce_MakeOneJobAMoment(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        await using var second = node.Another(services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        await using var third = node.Another(services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        TestJobs[] nodes = [node, second, third];
        var begun = node.Time.GetUtcNow();

        for (var half = 0; half < 20; half++)
        {
            await Task.WhenAll(nodes.Select(static one => Task.Run(() => one.Schedules.TickAsync(default))));
            node.Time.Advance(TimeSpan.FromSeconds(30));
        }

        var jobs = await node.Database.QueryAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs ORDER BY tick");
        Assert.Equal(Enumerable.Range(1, 9).Select(minute => (long?)begun.AddMinutes(minute).ToUnixTimeMilliseconds()), jobs.Select(static job => job.Tick));
        Assert.All(jobs, static job => Assert.Equal("minutely", job.Schedule));
        Assert.Equal("""{"name":"12:01"}""", jobs[0].Args);
        var schedule = Assert.Single(await node.Schedules.ListAsync());
        Assert.Equal((begun.AddMinutes(9), begun.AddMinutes(10), jobs[^1].Id), (schedule.LastAt, schedule.NextAt, schedule.LastJobId));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Tick_OneBeforeNotThrough_LeavesTheMomentOut(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, services: static services => Minutely(services));
        await node.Schedules.TickAsync(default);
        Assert.Equal([1, 0, 0], await MinutesAsync(node, 3));
        var first = Assert.Single(await node.Database.QueryAsync<string>("SELECT id FROM jobs"));

        node.Worker.Start();
        await node.UntilAsync(first, JobState.Succeeded);

        Assert.Equal(2, node.Log.Named("TickOverlaps").Count);
        Assert.Equal(first, (await node.Schedules.FindAsync("minutely"))!.LastJobId);
        Assert.Equal([1], await MinutesAsync(node, 1));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Tick_NobodyWasThere_RunsOnceForTheLastOrNotAtAll(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, services: static services =>
        {
            Minutely(services);
            services.AddJobSchedule("strict", "* * * * *", static tick => new Work($"strict {tick:HH:mm}"), static schedule => schedule.Missed = MissedTicks.Skip);
            services.AddJobSchedule("hourly", "0 * * * *", static tick => new Work($"hourly {tick:HH:mm}"), static schedule => schedule.Missed = MissedTicks.Skip);
        });
        await node.Schedules.TickAsync(default);

        node.Time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal(2, await node.Schedules.TickAsync(default));

        var jobs = await node.Database.QueryAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs ORDER BY schedule");
        Assert.Equal(["""{"name":"13:30"}""", """{"name":"strict 13:30"}"""], jobs.Select(static job => job.Args));
        Assert.Equal("hourly", node.Log.Named("TickMissed").Single().Properties["Schedule"]);
        Assert.Equal(node.Time.GetUtcNow().AddMinutes(30), (await node.Schedules.FindAsync("hourly"))!.NextAt);
        Assert.Equal(0, await node.Schedules.TickAsync(default));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Pause_UntilResumed_MakesNothingOnAnyNode(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider, services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        await using var other = node.Another(services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        await node.Schedules.TickAsync(default);
        await other.Schedules.TickAsync(default);

        var paused = await other.Schedules.PauseAsync("minutely");
        Assert.Equal((true, null), (paused!.IsPaused, paused.NextAt));
        Assert.Equal([0, 0, 0, 0, 0], await MinutesAsync(node, 5));
        Assert.True((await node.Schedules.RunAsync("minutely"))!.Value.IsNew);
        var resumed = await other.Schedules.ResumeAsync("minutely");

        Assert.Equal(node.Time.GetUtcNow().AddMinutes(1), resumed!.NextAt);
        Assert.Equal([1], await MinutesAsync(node, 1));
        Assert.Null(await node.Schedules.PauseAsync("none"));
        Assert.Null(await node.Schedules.ResumeAsync("none"));
        Assert.Null(await node.Schedules.RunAsync("none"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Publish_NewerReleaseWithAnotherExpression_CountsForAll(DatabaseProvider provider)
    {
        await using var old = await TestJobs.CreateAsync(provider, services: static services => Minutely(services, static schedule => schedule.Overlaps = true));
        await old.Schedules.TickAsync(default);
        await using var newer = old.Another(services: static services =>
            services.AddJobSchedule("minutely", "*/10 * * * *", static tick => new Work($"{tick:HH:mm}"), static schedule => schedule.Overlaps = true));
        await newer.Schedules.TickAsync(default);

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], await MinutesAsync(old, 11));

        // Nobody has it any more.
        old.Time.Advance(TimeSpan.FromDays(8));
        await using var none = old.Another();
        await none.Get<JobUpkeep>().PruneAsync(default);
        Assert.Empty(await old.Schedules.ListAsync());
    }

    [Fact]
    public async Task Tick_ArgumentsThatFail_KeepNoOtherFromItsJob()
    {
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite, services: static services =>
        {
            services.AddJobSchedule<Work>("broken", "* * * * *", static _ => throw new InvalidOperationException("no arguments"));
            Minutely(services);
        });
        await node.Schedules.TickAsync(default);

        Assert.Equal([1], await MinutesAsync(node, 1));
        Assert.Equal("broken", node.Log.Named("TickFailed").Single().Properties["Schedule"]);
    }

    [Fact]
    public void AddJobSchedule_WhatCanNotBe_IsRefusedAtOnce()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentException>(() => services.AddJobSchedule("Every Day", "@daily", static _ => new Work("a")));
        Assert.Throws<ArgumentException>(() => services.AddJobSchedule("daily", "tomorrow", static _ => new Work("a")));
        Assert.Throws<ArgumentException>(() => services.AddJobSchedule("daily", "@daily", static _ => new Work("a"), static schedule => schedule.TimeZone = "Mars/Olympus"));
        Assert.Throws<ArgumentException>(() => services.AddJob<Work, WorkHandler>("Work"));
        Assert.Throws<ArgumentException>(() => services.AddJob<Work, WorkHandler>("work", static kind => kind.Timeout = TimeSpan.Zero));
    }

    private static void Minutely(IServiceCollection services, Action<JobScheduleOptions>? configure = null) =>
        services.AddJobSchedule("minutely", "* * * * *", static tick => new Work($"{tick:HH:mm}"), configure);

    private static async Task<List<int>> MinutesAsync(TestJobs node, int minutes)
    {
        var made = new List<int>();
        for (var minute = 0; minute < minutes; minute++)
        {
            node.Time.Advance(TimeSpan.FromMinutes(1));
            made.Add(await node.Schedules.TickAsync(default));
        }

        return made;
    }
}
