using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Concurrency.Tests;

/// <summary>F10: the first success counts; the losers are cancelled and awaited; when all fail, all failures are told.</summary>
public sealed class RaceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task FirstSuccessAsync_OneIsFaster_CancelsAndAwaitsTheOthers()
    {
        var loserEnded = false;
        var winner = new TaskCompletionSource<string>();
        var race = RunAsync(
            [
                async cancellationToken =>
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    await Task.Yield();
                    loserEnded = true;
                    throw new OperationCanceledException();
                },
                _ => winner.Task,
            ]);

        winner.SetResult("second");

        Assert.Equal("second", await race.Within());
        Assert.True(loserEnded);
    }

    [Fact]
    public async Task FirstSuccessAsync_SomeFail_IsTheFirstThatSucceeds() => Assert.Equal(
        "third",
        await RunAsync([static _ => throw new InvalidDataException(), static _ => Task.FromException<string>(new TimeoutException()), static _ => Task.FromResult("third")]).Within());

    [Fact]
    public async Task FirstSuccessAsync_AllFail_TellsEveryFailureInOrder()
    {
        var failed = await Assert.ThrowsAsync<AggregateException>(() => RunAsync(
            [static _ => throw new InvalidDataException("first"), static async _ => { await Task.Yield(); throw new TimeoutException("second"); }, static _ => throw new OperationCanceledException()]).Within());

        Assert.Collection(
            failed.InnerExceptions,
            static first => Assert.Equal("first", Assert.IsType<InvalidDataException>(first).Message),
            static second => Assert.Equal("second", Assert.IsType<TimeoutException>(second).Message),
            static third => Assert.IsAssignableFrom<OperationCanceledException>(third));
    }

    [Fact]
    public async Task FirstSuccessAsync_Staggered_StartsTheNextOnlyAfterThePause()
    {
        var started = 0;
        var second = new TaskCompletionSource();
        var race = RunAsync(
            [
                async cancellationToken =>
                {
                    Interlocked.Increment(ref started);
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                    return "first";
                },
                _ =>
                {
                    Interlocked.Increment(ref started);
                    return Task.FromResult("second");
                },
            ],
            TimeSpan.FromMilliseconds(250));
        await Eventually.Equal(1, () => Volatile.Read(ref started));

        await _time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(249));
        Assert.Equal(1, started);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("second", await race.Within());
    }

    [Fact]
    public async Task FirstSuccessAsync_StaggeredAndTheFirstFails_StartsTheNextAtOnce() => Assert.Equal(
        "second", await RunAsync([static _ => throw new InvalidDataException(), static _ => Task.FromResult("second")], TimeSpan.FromDays(1)).Within());

    [Fact]
    public async Task FirstSuccessAsync_StaggeredAndTheFirstSucceeds_StartsNoOther()
    {
        Assert.Equal("first", await RunAsync([static _ => Task.FromResult("first"), static _ => throw new InvalidOperationException("not needed")], TimeSpan.FromDays(1)).Within());

        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task FirstSuccessAsync_LosersSucceedAllTheSame_AreDiscarded()
    {
        var released = new List<string>();
        var winner = new TaskCompletionSource<string>();
        var race = Race.FirstSuccessAsync(
            [
                _ => winner.Task,
                static async cancellationToken =>
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return "loser";
                },
            ],
            TimeSpan.Zero, released.Add, _time);

        winner.SetResult("winner");

        Assert.Equal("winner", await race.Within());
        Assert.Equal(["loser"], released);
    }

    [Fact]
    public async Task FirstSuccessAsync_Cancelled_CancelsAndAwaitsAll()
    {
        using var giveUp = new CancellationTokenSource();
        var ended = 0;
        async Task<string> WaitAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Increment(ref ended);
            throw new InvalidDataException("late");
        }

        var race = RunAsync([WaitAsync, WaitAsync], cancellationToken: giveUp.Token);
        await giveUp.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race.Within());
        Assert.Equal(giveUp.Token, thrown.CancellationToken);
        Assert.InRange(ended, 0, 2);
    }

    [Fact]
    public async Task FirstSuccessAsync_NoContenders_Throws() => await Assert.ThrowsAnyAsync<ArgumentException>(() => RunAsync([]));

    /// <summary>For any mix of outcomes, a race of all at once has a winner exactly if one can win, and leaves nothing running.</summary>
    [Fact]
    public void FirstSuccessAsync_AnyOutcomes_AWinnerIfThereIsOneAndNothingRunsOn() =>
        Prop.ForAll(Gen.Choose(1, 8).SelectMany(static count => Gen.Elements("win", "fail", "fail later", "hang").ArrayOf(count)).ToArbitrary(), kinds =>
        {
            if (kinds.Contains("hang") && !kinds.Contains("win"))
            {
                kinds = [.. kinds, "win"];
            }

            var running = 0;
            var race = Race.FirstSuccessAsync(
                [.. kinds.Select((kind, index) => (Func<CancellationToken, Task<int>>)(async cancellationToken =>
                {
                    Interlocked.Increment(ref running);
                    try
                    {
                        switch (kind)
                        {
                            case "win":
                                await Task.Yield();
                                return index;
                            case "fail":
                                throw new InvalidDataException();
                            case "fail later":
                                await Task.Yield();
                                throw new InvalidDataException();
                            default:
                                await Task.Delay(Timeout.Infinite, cancellationToken);
                                return -1;
                        }
                    }
                    finally
                    {
                        Interlocked.Decrement(ref running);
                    }
                }))],
                TimeSpan.Zero, null, TimeProvider.System).Within();
            if (kinds.Contains("win"))
            {
                Assert.Equal("win", kinds[race.GetAwaiter().GetResult()]);
            }
            else
            {
                Assert.Equal(kinds.Length, Assert.Throws<AggregateException>(() => race.GetAwaiter().GetResult()).InnerExceptions.Count);
            }

            Assert.Equal(0, Volatile.Read(ref running));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private Task<string> RunAsync(IReadOnlyList<Func<CancellationToken, Task<string>>> contenders, TimeSpan stagger = default, CancellationToken cancellationToken = default) =>
        Race.FirstSuccessAsync(contenders, stagger, null, _time, cancellationToken);
}
