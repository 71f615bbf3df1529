using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Loops;

/// <summary>A3: background loops that don't overlap, survive their failures, and do what an operator says.</summary>
public sealed class LoopTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Loop_Interval_CountsFromStartToStart()
    {
        var ran = new SemaphoreSlim(0);
        await using var host = await LoopHost.StartAsync(services => services.AddLoop("tick", Minute, (_, _) => Task.FromResult(ran.Release())));
        await RanAsync(ran);
        await Eventually.Equal(LoopState.Waiting, () => host.Status("tick").State);

        var first = host.Status("tick");
        Assert.Equal((1, 0, host.Time.GetUtcNow() + Minute), (first.Runs, first.Failures, first.NextRunAt));
        Assert.Equal((host.Time.GetUtcNow(), TimeSpan.Zero, null), (first.LastSuccessAt, first.LastDuration, first.LastError));

        await host.Time.AdvanceWhenAsleep(TimeSpan.FromSeconds(59));
        Assert.Equal(0, ran.CurrentCount);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await RanAsync(ran);
    }

    [Fact]
    public async Task Loop_NotAtStart_WaitsOneInterval()
    {
        var ran = new SemaphoreSlim(0);
        await using var host = await LoopHost.StartAsync(services => services.AddLoop(
            "late", Minute, (_, _) => Task.FromResult(ran.Release()), static options => options.RunAtStart = false));

        await host.Time.AdvanceWhenAsleep(TimeSpan.FromSeconds(59));
        Assert.Equal((0, null), (host.Status("late").Runs, host.Status("late").LastRunAt));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await RanAsync(ran);
    }

    [Fact]
    public async Task Loop_ClockIsSetBack_TakesItsTurnAllTheSame()
    {
        var ran = new SemaphoreSlim(0);
        var time = new ManualTime();
        var clock = new SetClock(time);
        await using var host = await LoopHost.StartAsync(services => services
            .AddSingleton<TimeProvider>(clock)
            .AddLoop("tick", Minute, (_, _) => Task.FromResult(ran.Release())));
        await RanAsync(ran);
        await Eventually.Equal(LoopState.Waiting, () => host.Status("tick").State);
        await Eventually.Equal(1, () => time.ArmedTimers);

        clock.Offset = -TimeSpan.FromHours(5);
        time.Advance(Minute);

        await RanAsync(ran);
    }

    [Fact]
    public async Task Loop_LongerThanItsInterval_NeverOverlapsAndGoesOnAtOnce()
    {
        var gate = new SemaphoreSlim(0);
        int running = 0, most = 0, started = 0;
        await using var host = await LoopHost.StartAsync(services => services.AddLoop("long", TimeSpan.FromSeconds(1), async (_, cancellationToken) =>
        {
            Interlocked.Increment(ref started);
            most = Math.Max(most, Interlocked.Increment(ref running));
            await gate.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref running);
        }));
        await Eventually.Equal(1, () => Volatile.Read(ref started));

        host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(host.Loops.Run("long"));
        Assert.Equal((1, LoopState.Running, null), (started, host.Status("long").State, host.Status("long").NextRunAt));
        gate.Release();

        // Overdue and asked for: one more, not two.
        await Eventually.Equal(2, () => Volatile.Read(ref started));
        gate.Release();
        await Eventually.Equal(LoopState.Waiting, () => host.Status("long").State);
        Assert.Equal((2, 1), (started, most));
    }

    [Fact]
    public async Task Run_WhileOneRuns_StartsRightAfter()
    {
        var gate = new SemaphoreSlim(0);
        var started = 0;
        await using var host = await LoopHost.StartAsync(services => services.AddLoop("asked", Minute, async (_, cancellationToken) =>
        {
            Interlocked.Increment(ref started);
            await gate.WaitAsync(cancellationToken);
        }));
        await Eventually.Equal(1, () => Volatile.Read(ref started));

        Assert.True(host.Loops.Run("asked"));
        Assert.True(host.Loops.Run("asked"));
        gate.Release();

        await Eventually.Equal(2, () => Volatile.Read(ref started));
        gate.Release();
        await Eventually.Equal(LoopState.Waiting, () => host.Status("asked").State);
        Assert.Equal(2, started);
    }

    [Fact]
    public async Task Loop_Throws_BacksOffHarmsNobodyAndRecovers()
    {
        var fails = true;
        var ran = new SemaphoreSlim(0);
        var other = new SemaphoreSlim(0);
        await using var host = await LoopHost.StartAsync(services => services
            .AddLoop(
                "shaky",
                Minute,
                (_, _) =>
                {
                    ran.Release();
                    return fails ? throw new InvalidOperationException("no luck") : Task.CompletedTask;
                },
                static options => (options.RetryMin, options.RetryMax) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(80)))
            .AddLoop("steady", TimeSpan.FromSeconds(1), (_, _) => Task.FromResult(other.Release())));
        await RanAsync(ran);
        await Eventually.Equal(LoopState.BackingOff, () => host.Status("shaky").State);

        var status = host.Status("shaky");
        Assert.Equal((1, 1, 1, "InvalidOperationException: no luck"), (status.Runs, status.Failures, status.FailuresInRow, status.LastError));
        Assert.InRange(status.NextRunAt!.Value - host.Time.GetUtcNow(), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        Assert.Null(status.LastSuccessAt);

        for (var failure = 2; failure <= 6; failure++)
        {
            await host.PassTimeUntil(() => host.Status("shaky") is { State: LoopState.BackingOff } now && now.Runs >= failure);
        }

        var pause = host.Status("shaky").NextRunAt!.Value - host.Status("shaky").LastRunAt!.Value;
        Assert.InRange(pause, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(80));
        Assert.True(host.Logs.Named("LoopFailed").Count >= 6);
        await RanAsync(other);

        fails = false;
        await host.PassTimeUntil(() => host.Status("shaky").State == LoopState.Waiting);
        Assert.Equal((0, null), (host.Status("shaky").FailuresInRow, host.Status("shaky").LastError));
        Assert.Equal(host.Status("shaky").Runs - 1, host.Status("shaky").Failures);
    }

    [Fact]
    public async Task Pause_AndResume_DoWhatTheySay()
    {
        var ran = new SemaphoreSlim(0);
        await using var host = await LoopHost.StartAsync(services => services.AddLoop("quiet", Minute, (_, _) => Task.FromResult(ran.Release())));
        await RanAsync(ran);
        await Eventually.Equal(LoopState.Waiting, () => host.Status("quiet").State);

        Assert.True(host.Loops.Pause("quiet"));
        Assert.Equal((LoopState.Paused, true, null), (host.Status("quiet").State, host.Status("quiet").IsPaused, host.Status("quiet").NextRunAt));
        await Eventually.Equal(0, () => host.Time.ArmedTimers);
        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, host.Status("quiet").Runs);

        // On demand it runs once, and stays paused.
        Assert.True(host.Loops.Run("quiet"));
        await RanAsync(ran);
        await Eventually.Equal(LoopState.Paused, () => host.Status("quiet").State);
        Assert.Equal(2, host.Status("quiet").Runs);

        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(host.Loops.Resume("quiet"));
        await RanAsync(ran);
    }

    [Fact]
    public async Task Loop_LogsAnything_UnderItsName()
    {
        await using var host = await LoopHost.StartAsync(static services => services.AddLoop("named", Minute, static (context, _) =>
        {
            context.Services.GetRequiredService<ILoggerFactory>().CreateLogger("work").LogInformation(new EventId(1, "Inside"), "at work");
            throw new InvalidOperationException("x");
        }));

        Assert.Equal("named", (await host.Logs.WaitFor("LoopFailed")).Properties["Loop"]);
        Assert.Equal(["loop named"], host.Logs.Named("Inside").Single().Scopes);
        Assert.False(host.Loops.Run("unknown"));
        Assert.Null(host.Loops.Find("unknown"));
    }

    [Fact]
    public async Task Stop_IterationRuns_IsCancelledAndCountsAsNeither()
    {
        var entered = new TaskCompletionSource();
        var host = await LoopHost.StartAsync(services => services.AddLoop("busy", Minute, (_, cancellationToken) =>
        {
            entered.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }));
        await entered.Task.Within();
        var loops = host.Loops;

        await host.DisposeAsync().AsTask().Within();

        var status = loops.Find("busy")!;
        Assert.Equal((LoopState.Stopped, 0, 0), (status.State, status.Runs, status.Failures));
        Assert.False(loops.Run("busy"));
        host.Logs.AssertQuiet(LogLevel.Warning);
    }

    [Fact]
    public async Task Critical_FailsTooOften_StopsTheServiceAfterItsDrainWithOne()
    {
        var drained = false;
        var before = Environment.ExitCode;
        using var error = new StringWriter();
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddDrain().AddDrainStep("step", 1, 1, (_, _) => Task.FromResult(drained = true)).AddLoop(
                "vital",
                Minute,
                static (_, _) => throw new InvalidOperationException("dead"),
                static options => (options.Critical, options.MaxFailures, options.RetryMin, options.RetryMax) =
                    (true, 3, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10)));
            var logs = new LogProbe();
            builder.Logging.AddProvider(logs);

            Assert.Equal(ExitCode.Failed, await ServiceRunner.RunAsync(builder.Build(), error).Within());

            Assert.True(drained);
            Assert.Equal(3, logs.Named("LoopGaveUp").Single().Properties["Failures"]);
            Assert.Equal(ExitCode.Failed, Environment.ExitCode);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public void AddLoop_OutOfRange_IsACallersBug()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentException>(() => services.AddLoop("x", TimeSpan.Zero, static (_, _) => Task.CompletedTask));
        Assert.Throws<ArgumentException>(() => services.AddLoop("x", Minute, static (_, _) => Task.CompletedTask, static options => options.MaxFailures = 0));
        Assert.Throws<ArgumentException>(() => services.AddLoop("x", Minute, static (_, _) => Task.CompletedTask, static options => options.RetryMax = TimeSpan.Zero));
    }

    private static async Task RanAsync(SemaphoreSlim ran) => Assert.True(await ran.WaitAsync(Limits.Test, TestContext.Current.CancellationToken));

    /// <summary>A clock that somebody sets; time itself goes on as before.</summary>
    private sealed class SetClock(ManualTime time) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }
}
