using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Concurrency.Tests;

/// <summary>What must hold for any order of look-ups, changes, invalidations and time, one at a time and all at once.</summary>
public sealed class CacheProperties
{
    private const int Max = 4;

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, Gen.Choose(0, 7).Select(static key => new Step(StepKind.Get, key))),
        (3, Gen.Choose(0, 7).Select(static key => new Step(StepKind.ChangeAndRemove, key))),
        (2, Gen.Choose(0, 2).Select(static tag => new Step(StepKind.ChangeAndRemoveTag, tag))),
        (1, Gen.Constant(new Step(StepKind.Clear, 0))),
        (2, Gen.Choose(1, 40).Select(static seconds => new Step(StepKind.Wait, seconds))));

    [Fact]
    public void GetOrAddAsync_AnySteps_NeverGivesWhatWasInvalidatedNorKeepsTooMany() =>
        Prop.ForAll(Gen.Choose(0, 60).SelectMany(count => AnyStep.ArrayOf(count)).ToArbitrary(), steps =>
        {
            var time = new ManualTime();
            using var cache = new Cache<int, string>(new() { Name = "things", Lifetime = TimeSpan.FromSeconds(30), MaxEntries = Max }, time);
            var source = new int[8];
            var loadedAt = new Dictionary<int, DateTimeOffset>();
            foreach (var step in steps)
            {
                switch (step.Kind)
                {
                    case StepKind.Get:
                        var got = cache.GetOrAddAsync(step.Number, (load, _) =>
                        {
                            loadedAt[load.Key] = time.GetUtcNow();
                            load.Tag(TagOf(load.Key));
                            return Task.FromResult($"{load.Key}:{source[load.Key]}");
                        }).AsTask().Result;
                        Assert.Equal($"{step.Number}:{source[step.Number]}", got);
                        Assert.True(time.GetUtcNow() - loadedAt[step.Number] < TimeSpan.FromSeconds(30));
                        break;
                    case StepKind.ChangeAndRemove:
                        source[step.Number]++;
                        cache.Remove(step.Number);
                        break;
                    case StepKind.ChangeAndRemoveTag:
                        for (var key = 0; key < source.Length; key++)
                        {
                            source[key] += TagOf(key) == $"tag{step.Number}" ? 1 : 0;
                        }

                        cache.RemoveTag($"tag{step.Number}");
                        break;
                    case StepKind.Clear:
                        source = [.. source.Select(static version => version + 1)];
                        cache.Clear();
                        break;
                    default:
                        time.Advance(TimeSpan.FromSeconds(step.Number));
                        break;
                }

                Assert.InRange(cache.Count, 0, Max);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    /// <summary>The promise under fire: whoever asks after an invalidation returned gets what was there then, or newer.</summary>
    [Fact]
    public async Task GetOrAddAsync_ChangesFromEverySide_NeverGivesWhatWasInvalidatedBefore()
    {
        const int Keys = 8, Rounds = 3_000;
        using var cache = new Cache<int, int>(new() { Name = "things", Lifetime = TimeSpan.FromMilliseconds(20), MaxEntries = 5 }, TimeProvider.System);
        var source = new int[Keys];
        var invalidated = new int[Keys];
        var stale = new ConcurrentQueue<string>();
        var loads = 0;

        async Task<int> LoadAsync(CacheLoad<int> load, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref loads);
            var value = Volatile.Read(ref source[load.Key]);
            await Task.Yield();
            load.Tag(TagOf(load.Key));
            return value;
        }

        async Task ReadAsync(int seed)
        {
            var random = new Random(seed);
            for (var round = 0; round < Rounds; round++)
            {
                var key = random.Next(Keys);
                var atLeast = Volatile.Read(ref invalidated[key]);
                using var impatient = new CancellationTokenSource();
                var get = cache.GetOrAddAsync(key, LoadAsync, impatient.Token).AsTask();
                if (random.Next(8) == 0)
                {
                    await impatient.CancelAsync();
                }

                try
                {
                    if (await get.Within() is var value && value < atLeast)
                    {
                        stale.Enqueue($"{key}: {value}, after {atLeast} was known to all");
                    }
                }
                catch (OperationCanceledException) when (impatient.IsCancellationRequested)
                {
                    // Its own doing.
                }
            }
        }

        async Task ChangeAsync(int key)
        {
            var random = new Random(key);
            for (var round = 0; round < Rounds / 4; round++)
            {
                var version = Interlocked.Increment(ref source[key]);
                if (random.Next(2) == 0)
                {
                    cache.Remove(key);
                }
                else
                {
                    cache.RemoveTag(TagOf(key));
                }

                Volatile.Write(ref invalidated[key], version);
                await Task.Yield();
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() => ReadAsync(seed)))
            .Concat(Enumerable.Range(0, Keys).Select(key => Task.Run(() => ChangeAsync(key))))).WaitAsync(Limits.Phase);

        Assert.Empty(stale);
        Assert.InRange(cache.Count, 0, 5);
        Assert.True(loads > 0);
    }

    [Fact]
    public async Task GetOrAddAsync_ManyCallersOfOneKey_NeverLoadTwiceAtATime()
    {
        using var cache = new Cache<int, int>(new() { Name = "things", Lifetime = TimeSpan.FromTicks(1), MaxEntries = 1 }, TimeProvider.System);
        var running = 0;
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 1_000; round++)
            {
                await cache.GetOrAddAsync(1, async (_, _) =>
                {
                    var now = Interlocked.Increment(ref running);
                    InterlockedMax(ref most, now);
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                    return now;
                }).AsTask().Within();
            }
        }))).WaitAsync(Limits.Phase);

        Assert.Equal(1, most);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Another was faster.
        }
    }

    private static string TagOf(int key) => $"tag{key % 3}";

    private enum StepKind
    {
        Get,
        ChangeAndRemove,
        ChangeAndRemoveTag,
        Clear,
        Wait,
    }

    private sealed record Step(StepKind Kind, int Number);
}
