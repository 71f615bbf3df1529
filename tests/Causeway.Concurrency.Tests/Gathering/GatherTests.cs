using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Concurrency.Tests;

/// <summary>F10: many items, a few at a time, results in their order.</summary>
public sealed class GatherTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void AllAsync_AnyItems_KeepsTheOrderAndTheBound() =>
        Prop.ForAll(
            (from items in Gen.Choose(0, 60).SelectMany(static count => Gen.Choose(0, 1_000).ArrayOf(count))
             from parallel in Gen.Choose(1, 8)
             select (items, parallel)).ToArbitrary(),
            run =>
            {
                var now = 0;
                var most = 0;
                var gate = new Lock();
                var results = Gather.AllAsync(run.items, new() { MaxParallel = run.parallel }, async (item, _) =>
                {
                    lock (gate)
                    {
                        most = Math.Max(most, ++now);
                    }

                    await Task.Yield();
                    lock (gate)
                    {
                        now--;
                    }

                    return item * 2;
                }).Within().GetAwaiter().GetResult();

                Assert.Equal(run.items.Select(static item => item * 2), results);
                Assert.InRange(most, 0, run.parallel);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public async Task AllAsync_OneFails_CancelsTheOthersStartsNoMoreAndThrowsIt()
    {
        var started = 0;
        var cancelled = 0;
        var bothRun = new TaskCompletionSource();

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => Gather.AllAsync(Enumerable.Range(0, 10).ToArray(), new() { MaxParallel = 2 }, async (item, cancellationToken) =>
        {
            if (Interlocked.Increment(ref started) == 2)
            {
                bothRun.SetResult();
            }

            await bothRun.Task;
            if (item == 1)
            {
                throw new InvalidDataException("broken");
            }

            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Increment(ref cancelled);
            cancellationToken.ThrowIfCancellationRequested();
            return item;
        }).Within());

        Assert.Equal("broken", thrown.Message);
        Assert.Equal(2, started);
        Assert.Equal(1, cancelled);
    }

    [Fact]
    public async Task AllAsync_OneHangs_ThrowsATimeout()
    {
        var gather = Gather.AllAsync(
            [0], new() { MaxParallel = 1, ItemTimeout = TimeSpan.FromSeconds(1), Time = _time },
            static async (item, cancellationToken) =>
            {
                await new TaskCompletionSource().Task;
                return item;
            });

        await _time.AdvanceWhenAsleep(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<TimeoutException>(() => gather.Within());
    }

    [Fact]
    public async Task EachAsync_OneFailsAndOneHangs_TheOthersAnswer()
    {
        using var release = new ManualResetEventSlim();
        using var begun = new CountdownEvent(2);
        var gather = Gather.EachAsync(["good", "bad", "deaf", "blocked", "last"], new() { MaxParallel = 5, ItemTimeout = TimeSpan.FromSeconds(1), Time = _time }, async (item, _) =>
        {
            switch (item)
            {
                case "bad":
                    throw new InvalidDataException("broken");
                case "deaf":
                    begun.Signal();
                    await new TaskCompletionSource().Task;
                    return item;
                case "blocked":
                    begun.Signal();
                    release.Wait(Limits.Test, CancellationToken.None);
                    return item;
                default:
                    return item;
            }
        });
        await Eventually.True(() => begun.IsSet && _time.ArmedTimers == 2);
        _time.Advance(TimeSpan.FromSeconds(1));

        var outcomes = await gather.Within();
        release.Set();

        Assert.Equal([true, false, false, false, true], outcomes.Select(static outcome => outcome.Succeeded));
        Assert.Equal("good", outcomes[0].Value);
        Assert.IsType<InvalidDataException>(outcomes[1].Failure);
        Assert.IsType<TimeoutException>(outcomes[2].Failure);
        Assert.IsType<TimeoutException>(outcomes[3].Failure);
        Assert.IsType<InvalidDataException>(Assert.Throws<InvalidOperationException>(() => outcomes[1].Value).InnerException);
        Assert.Equal("last", outcomes[4].Value);
    }

    [Fact]
    public async Task EachAsync_AtTheTimeout_CancelsTheItem()
    {
        var seen = new TaskCompletionSource();
        var gather = Gather.EachAsync([0], new() { MaxParallel = 1, ItemTimeout = TimeSpan.FromSeconds(1), Time = _time }, async (item, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            seen.SetResult();
            return item;
        });

        await _time.AdvanceWhenAsleep(TimeSpan.FromSeconds(1));

        await seen.Task.Within();
        Assert.False((await gather.Within())[0].Succeeded);
    }

    [Fact]
    public async Task EachAsync_Cancelled_CancelsAndAwaitsWhatRuns()
    {
        using var giveUp = new CancellationTokenSource();
        var running = new TaskCompletionSource();
        var ended = false;
        var gather = Gather.EachAsync([0, 1], new() { MaxParallel = 1 }, async (item, cancellationToken) =>
        {
            running.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended = true;
            return item;
        }, giveUp.Token);
        await running.Task.Within();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gather.Within());
        Assert.True(ended);
    }

    [Fact]
    public async Task EachAsync_NoItems_IsEmpty() => Assert.Empty(await Gather.EachAsync(Array.Empty<int>(), new() { MaxParallel = 3 }, static (item, _) => Task.FromResult(item)));

    [Fact]
    public async Task AllAsync_NothingMayRun_Throws() => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        () => Gather.AllAsync([1], new() { MaxParallel = 0 }, static (item, _) => Task.FromResult(item)));
}
