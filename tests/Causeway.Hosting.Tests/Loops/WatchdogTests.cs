using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Hosting.Tests.Loops;

/// <summary>A4: an iteration past its deadline is cancelled, reported and followed by the next; one that won't end is left behind, and it is said.</summary>
public sealed class WatchdogTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Iteration_PastItsDeadline_IsCancelledAndTheLoopGoesOn()
    {
        var started = 0;
        await using var host = await LoopHost.StartAsync(services => services.AddLoop(
            "slow", Minute, (_, cancellationToken) =>
            {
                Interlocked.Increment(ref started);
                return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            },
            static options => options.Deadline = TimeSpan.FromSeconds(30)));
        await Eventually.Equal(1, () => Volatile.Read(ref started));

        await host.Time.AdvanceWhenAsleep(TimeSpan.FromSeconds(30));
        await Eventually.Equal(LoopState.BackingOff, () => host.Status("slow").State);

        Assert.Equal("It took longer than 30 s.", host.Status("slow").LastError);
        Assert.Equal((TimeSpan.FromSeconds(30), 0), (host.Status("slow").LastDuration, host.Status("slow").LeftBehind));
        Assert.Equal(30.0, host.Logs.Named("LoopOverdue").Single().Properties["Seconds"]);
        await host.PassTimeUntil(() => Volatile.Read(ref started) == 2);
        Assert.Empty(host.Logs.Named("LoopRunsBesideOther"));
    }

    [Fact]
    public async Task Iteration_NeverComesBack_IsLeftBehindAndTheNextIsTold()
    {
        var told = new List<int>();
        using var release = new ManualResetEventSlim();
        await using var host = await LoopHost.StartAsync(services => services.AddLoop("deaf", Minute, (context, _) =>
        {
            lock (told)
            {
                told.Add(context.LeftBehind);
            }

            // Blocks its thread and hears nothing.
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        },
        static options => (options.Deadline, options.CancelGrace, options.RetryMax) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2))));
        await Eventually.Equal(1, () => Count());

        await host.PassTimeUntil(() => Count() == 2);
        Assert.Equal("deaf", (await host.Logs.WaitFor("LoopLeftBehind")).Properties["Loop"]);
        Assert.Equal(1, (await host.Logs.WaitFor("LoopRunsBesideOther")).Properties["Count"]);

        // Three are put up with, then it waits for one of them.
        await host.PassTimeUntil(() => host.Status("deaf").State == LoopState.Stuck);
        Assert.Equal([0, 1, 2], told);
        Assert.Equal((3, 3), (host.Status("deaf").LeftBehind, (int)host.Status("deaf").Failures));
        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(LoopState.Stuck, host.Status("deaf").State);

        release.Set();
        await host.Logs.WaitFor("LoopCameBack", count: 3);
        await host.PassTimeUntil(() => host.Status("deaf") is { FailuresInRow: 0, LeftBehind: 0 });

        int Count()
        {
            lock (told)
            {
                return told.Count;
            }
        }
    }
}
