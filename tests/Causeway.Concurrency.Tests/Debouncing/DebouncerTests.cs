using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Concurrency.Tests;

/// <summary>F10: a burst of reasons, one run.</summary>
public sealed class DebouncerTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    private readonly ManualTime _time = new();
    private readonly List<Exception> _failures = [];
    private int _runs;

    [Fact]
    public async Task Trigger_ABurst_RunsOnceAfterIt()
    {
        await using var debouncer = Create();
        debouncer.Trigger();
        _time.Advance(TimeSpan.FromMilliseconds(60));
        debouncer.Trigger();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, Runs);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        await Eventually.Equal(1, () => Runs);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Trigger_WithoutEnd_RunsAfterTheLongestWait()
    {
        await using var debouncer = Create();
        for (var i = 0; i < 5; i++)
        {
            debouncer.Trigger();
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        await Eventually.Equal(1, () => Runs);
    }

    [Fact]
    public async Task Trigger_WhileItRuns_RunsOnceMoreAndNeverTwiceAtATime()
    {
        var first = new TaskCompletionSource();
        await using var debouncer = Create(_ => Runs == 1 ? first.Task : Task.CompletedTask);
        debouncer.Trigger();
        _time.Advance(Quiet);
        await Eventually.Equal(1, () => Runs);

        debouncer.Trigger();
        debouncer.Trigger();
        _time.Advance(MaxWait);
        Assert.Equal(1, Runs);
        first.SetResult();

        await _time.AdvanceWhenAsleep(TimeSpan.Zero);
        await Eventually.Equal(2, () => Runs);
    }

    [Fact]
    public async Task Trigger_AfterAFailure_RunsAgain()
    {
        await using var debouncer = Create(_ => Runs == 1 ? throw new InvalidDataException("broken") : Task.CompletedTask);
        debouncer.Trigger();
        _time.Advance(Quiet);
        await Eventually.True(() => _failures.Count == 1 && !debouncer.IsRunning);

        debouncer.Trigger();
        _time.Advance(Quiet);

        await Eventually.Equal(2, () => Runs);
        Assert.IsType<InvalidDataException>(Assert.Single(_failures));
    }

    [Fact]
    public async Task DisposeAsync_AReasonWaits_IsDropped()
    {
        var debouncer = Create();
        debouncer.Trigger();

        await debouncer.DisposeAsync();
        debouncer.Trigger();
        _time.Advance(MaxWait);

        Assert.Equal(0, Runs);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task DisposeAsync_WhileItRuns_CancelsAndAwaitsIt()
    {
        var ended = false;
        var debouncer = Create(async cancellationToken =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended = true;
            cancellationToken.ThrowIfCancellationRequested();
        });
        debouncer.Trigger();
        _time.Advance(Quiet);
        await Eventually.Equal(1, () => Runs);

        await debouncer.DisposeAsync();

        Assert.True(ended);
        Assert.Empty(_failures);
    }

    [Fact]
    public void Debouncer_LongestWaitBelowTheQuiet_Throws() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new Debouncer(Quiet, Quiet - TimeSpan.FromTicks(1), static _ => Task.CompletedTask, static _ => { }, _time));

    /// <summary>For any moments of reasons: each is followed by a run within the longest wait, and no run comes without a reason.</summary>
    [Fact]
    public void Trigger_AtAnyMoments_EachIsFollowedByARunInTime() =>
        Prop.ForAll(Gen.Choose(0, 30).SelectMany(static count => Gen.Choose(0, 150).ArrayOf(count)).ToArbitrary(), gaps =>
        {
            var time = new ManualTime();
            var runs = new List<DateTimeOffset>();
            var reasons = new List<DateTimeOffset>();
            using var ran = new SemaphoreSlim(0);
            var debouncer = new Debouncer(
                Quiet, MaxWait,
                _ =>
                {
                    runs.Add(time.GetUtcNow());
                    ran.Release();
                    return Task.CompletedTask;
                },
                static _ => { }, time);
            var expected = new List<DateTimeOffset>();
            DateTimeOffset? first = null, last = null;

            void Pass(TimeSpan span)
            {
                // Step by step: the clock must not run ahead of a run on another thread.
                for (var left = span; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(1))
                {
                    time.Advance(TimeSpan.FromMilliseconds(1));
                    if (first is { } since && (time.GetUtcNow() - last >= Quiet || time.GetUtcNow() - since >= MaxWait))
                    {
                        expected.Add(time.GetUtcNow());
                        first = last = null;
                        Assert.True(ran.Wait(Limits.Test));
                        Assert.True(SpinWait.SpinUntil(() => !debouncer.IsRunning, Limits.Test));
                    }
                }
            }

            foreach (var gap in gaps)
            {
                Pass(TimeSpan.FromMilliseconds(gap));
                debouncer.Trigger();
                reasons.Add(time.GetUtcNow());
                first ??= time.GetUtcNow();
                last = time.GetUtcNow();
            }

            Pass(MaxWait + MaxWait);
            debouncer.DisposeAsync().AsTask().Wait(Limits.Test);

            Assert.Equal(expected, runs);
            Assert.All(reasons, reason => Assert.Contains(runs, run => run >= reason && run - reason <= MaxWait));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private int Runs => Volatile.Read(ref _runs);

    private Debouncer Create(Func<CancellationToken, Task>? action = null) => new(
        Quiet, MaxWait,
        cancellationToken =>
        {
            Interlocked.Increment(ref _runs);
            return action?.Invoke(cancellationToken) ?? Task.CompletedTask;
        },
        _failures.Add, _time);
}
