using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Concurrency.Tests;

/// <summary>F10: many callers, one query.</summary>
public sealed class BatcherTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(5);

    private readonly ManualTime _time = new();
    private readonly ConcurrentQueue<IReadOnlyList<string>> _asked = new();

    [Fact]
    public async Task GetAsync_ManyCallersWithinTheWait_AreOneQuestion()
    {
        await using var batcher = Create(Double);
        var callers = Enumerable.Range(0, 20).Select(i => batcher.GetAsync($"k{i % 4}")).ToList();

        _time.Advance(Wait);

        Assert.Equal(callers.Select(static (_, i) => $"k{i % 4}k{i % 4}"), await Task.WhenAll(callers).Within());
        Assert.Equal(["k0", "k1", "k2", "k3"], Assert.Single(_asked));
    }

    [Fact]
    public async Task GetAsync_ABatchIsFull_StartsAtOnce()
    {
        await using var batcher = Create(Double, size: 2);

        var callers = new[] { batcher.GetAsync("a"), batcher.GetAsync("b") };

        Assert.Equal(["aa", "bb"], await Task.WhenAll(callers).Within());
    }

    [Fact]
    public async Task GetAsync_WhileABatchRuns_GathersForTheNext()
    {
        var first = new TaskCompletionSource();
        await using var batcher = Create(async (batch, _) =>
        {
            if (batch.Keys.Contains("a"))
            {
                await first.Task;
            }

            await Double(batch, CancellationToken.None);
        }, size: 1);
        var running = batcher.GetAsync("a");
        await Eventually.Equal(1, () => _asked.Count);

        var waiting = new[] { batcher.GetAsync("b"), batcher.GetAsync("b") };
        _time.Advance(Wait);
        Assert.Single(_asked);
        first.SetResult();

        Assert.Equal(["bb", "bb"], await Task.WhenAll(waiting).Within());
        Assert.Equal("aa", await running.Within());
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task GetAsync_SameKeyAgain_IsAskedForAgain()
    {
        await using var batcher = Create(Double, size: 1);

        await batcher.GetAsync("a").Within();
        await batcher.GetAsync("a").Within();

        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task GetAsync_OneKeyFails_TheOthersDoNot()
    {
        await using var batcher = Create(static (batch, _) =>
        {
            batch.Fail("a", new InvalidDataException("broken"));
            batch.Succeed("b", "B");
            batch.Fail("b", new InvalidDataException("too late"));
            return Task.CompletedTask;
        }, size: 3);
        var (a, b, c) = (batcher.GetAsync("a"), batcher.GetAsync("b"), batcher.GetAsync("c"));

        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidDataException>(() => a.Within())).Message);
        Assert.Equal("B", await b.Within());
        await Assert.ThrowsAsync<KeyNotFoundException>(() => c.Within());
    }

    [Fact]
    public async Task GetAsync_TheQuestionFails_AllFailOfWhomNothingWasSaid()
    {
        await using var batcher = Create(static (batch, _) =>
        {
            batch.Succeed("a", "A");
            throw new InvalidDataException("broken");
        }, size: 2);
        var (a, b) = (batcher.GetAsync("a"), batcher.GetAsync("b"));

        Assert.Equal("A", await a.Within());
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidDataException>(() => b.Within())).Message);
        Assert.Equal(
            "C", await Create(static (batch, _) =>
            {
                batch.Succeed("c", "C");
                return Task.CompletedTask;
            }, size: 1).GetAsync("c").Within());
    }

    [Fact]
    public async Task Succeed_BeforeTheQuestionEnds_AnswersAtOnce()
    {
        var rest = new TaskCompletionSource();
        await using var batcher = Create(async (batch, _) =>
        {
            batch.Succeed("a", "A");
            await rest.Task;
            batch.Succeed("b", "B");
        }, size: 2);
        var (a, b) = (batcher.GetAsync("a"), batcher.GetAsync("b"));

        Assert.Equal("A", await a.Within());
        Assert.False(b.IsCompleted);
        rest.SetResult();
        Assert.Equal("B", await b.Within());
    }

    [Fact]
    public async Task Succeed_KeyOfAnotherBatch_Throws()
    {
        var thrown = new TaskCompletionSource<Exception>();
        await using var batcher = Create((batch, _) =>
        {
            thrown.SetResult(Assert.Throws<ArgumentException>(() => batch.Succeed("other", "")));
            batch.Succeed("a", "A");
            return Task.CompletedTask;
        }, size: 1);

        await batcher.GetAsync("a").Within();

        Assert.Contains("other", (await thrown.Task.Within()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetAsync_OneCallerCancels_TheOthersOfTheKeyGetIt()
    {
        using var impatient = new CancellationTokenSource();
        await using var batcher = Create(Double);
        var first = batcher.GetAsync("a", impatient.Token);
        var second = batcher.GetAsync("a");

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());
        _time.Advance(Wait);

        Assert.Equal("aa", await second.Within());
    }

    [Fact]
    public async Task GetAsync_AllCallersOfAKeyCancelBeforeItsTurn_ItIsNotAskedFor()
    {
        using var impatient = new CancellationTokenSource();
        await using var batcher = Create(Double);
        var gone = batcher.GetAsync("a", impatient.Token);
        var stays = batcher.GetAsync("b");

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.Within());
        _time.Advance(Wait);

        Assert.Equal("bb", await stays.Within());
        Assert.Equal(["b"], Assert.Single(_asked));
    }

    [Fact]
    public async Task GetAsync_AllCallersOfABatchCancel_ItsQuestionIsCancelled()
    {
        using var impatient = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        await using var batcher = Create(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancelled.SetResult();
        }, size: 2);
        var callers = new[] { batcher.GetAsync("a", impatient.Token), batcher.GetAsync("b", impatient.Token) };
        await Eventually.Equal(1, () => _asked.Count);

        await impatient.CancelAsync();

        await cancelled.Task.Within();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(callers).Within());
    }

    [Fact]
    public async Task GetAsync_InATraceOfTheCallers_TheQuestionHasNone()
    {
        var local = new AsyncLocal<string?> { Value = "the caller's" };
        string? seen = "unset";
        await using var batcher = Create((batch, _) =>
        {
            seen = local.Value;
            batch.Succeed("a", "A");
            return Task.CompletedTask;
        }, size: 1);

        await batcher.GetAsync("a").Within();

        Assert.Null(seen);
        Assert.Equal("the caller's", local.Value);
    }

    [Fact]
    public async Task DisposeAsync_KeysWait_TheyFailAndNothingStartsAnyMore()
    {
        var batcher = Create(Double);
        var waiting = batcher.GetAsync("a");

        await batcher.DisposeAsync();
        await batcher.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Within());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => batcher.GetAsync("b"));
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task DisposeAsync_ABatchRuns_IsCancelledAndAwaited()
    {
        var ended = false;
        var batcher = Create(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended = true;
        }, size: 1);
        var caller = batcher.GetAsync("a");
        await Eventually.Equal(1, () => _asked.Count);

        await batcher.DisposeAsync();

        Assert.True(ended);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => caller.Within());
    }

    [Fact]
    public void GetAsync_AnyCallersOnAnyThreads_EachGetsItsOwnAndNoBatchIsTooBig() =>
        Prop.ForAll(
            (from keys in Gen.Choose(1, 200).SelectMany(static count => Gen.Choose(0, 40).ArrayOf(count))
             from size in Gen.Choose(1, 30)
             from running in Gen.Choose(1, 4)
             select (keys, size, running)).ToArbitrary(),
            run =>
            {
                var most = 0;
                var now = 0;
                var biggest = 0;
                var gate = new Lock();
                using var flowless = ExecutionContext.SuppressFlow();
                var batcher = new Batcher<int, string>(
                    new() { Name = "things", MaxSize = run.size, MaxWait = TimeSpan.FromMilliseconds(1), MaxRunning = run.running },
                    async (batch, _) =>
                    {
                        lock (gate)
                        {
                            most = Math.Max(most, ++now);
                            biggest = Math.Max(biggest, batch.Keys.Count);
                        }

                        await Task.Yield();
                        foreach (var key in batch.Keys)
                        {
                            batch.Succeed(key, $"<{key}>");
                        }

                        lock (gate)
                        {
                            now--;
                        }
                    },
                    TimeProvider.System);
                var answers = Task.WhenAll(run.keys.Select(key => Task.Run(() => batcher.GetAsync(key)))).Within().GetAwaiter().GetResult();
                batcher.DisposeAsync().AsTask().Within().GetAwaiter().GetResult();

                Assert.Equal(run.keys.Select(static key => $"<{key}>"), answers);
                Assert.InRange(biggest, 1, run.size);
                Assert.InRange(most, 1, run.running);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private Task Double(Batch<string, string> batch, CancellationToken cancellationToken)
    {
        foreach (var key in batch.Keys)
        {
            batch.Succeed(key, key + key);
        }

        return Task.CompletedTask;
    }

    private Batcher<string, string> Create(Func<Batch<string, string>, CancellationToken, Task> ask, int size = 100) => new(
        new() { Name = "things", MaxSize = size, MaxWait = Wait },
        (batch, cancellationToken) =>
        {
            _asked.Enqueue(batch.Keys);
            return ask(batch, cancellationToken);
        },
        _time);
}
