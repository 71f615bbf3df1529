namespace Causeway.Concurrency.Tests;

/// <summary>F10: get-or-add with stampede protection, tags, expiry, a bound, invalidation across nodes, and absence as an explicit choice.</summary>
public sealed class CacheTests
{
    private readonly ManualTime _time = new();
    private readonly Loads _loads = new();

    [Fact]
    public async Task GetOrAddAsync_ManyCallersAtOnce_ShareOneLoad()
    {
        using var cache = Create();
        var callers = Enumerable.Range(0, 50).Select(_ => cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask()).ToList();

        (await _loads.StartedAsync()).Result.SetResult("value");

        Assert.All(await Task.WhenAll(callers).Within(), static value => Assert.Equal("value", value));
        Assert.Equal(1, _loads.Count);
        Assert.Equal("value", await cache.GetOrAddAsync("a", Unexpected));
    }

    [Fact]
    public async Task GetOrAddAsync_FirstCallerCancels_TheOthersGetTheirValue()
    {
        using var cache = Create();
        using var impatient = new CancellationTokenSource();
        var first = cache.GetOrAddAsync("a", _loads.LoadAsync, impatient.Token).AsTask();
        var second = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var load = await _loads.StartedAsync();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());

        Assert.False(load.Cancellation.IsCancellationRequested);
        load.Result.SetResult("value");
        Assert.Equal("value", await second.Within());
    }

    [Fact]
    public async Task GetOrAddAsync_AllCallersCancel_CancelsTheLoadAndTheNextStartsAnew()
    {
        using var cache = Create();
        using var impatient = new CancellationTokenSource();
        var first = cache.GetOrAddAsync("a", _loads.LoadAsync, impatient.Token).AsTask();
        var load = await _loads.StartedAsync();

        await impatient.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());

        Assert.Equal(impatient.Token, thrown.CancellationToken);
        Assert.True(load.Cancellation.IsCancellationRequested);
        var next = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        (await _loads.StartedAsync(2)).Result.SetResult("new");
        load.Result.SetResult("given up");
        Assert.Equal("new", await next.Within());
        Assert.Equal("new", await cache.GetOrAddAsync("a", Unexpected));
    }

    [Fact]
    public async Task GetOrAddAsync_AlreadyCancelled_StartsNothing()
    {
        using var cache = Create();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetOrAddAsync("a", _loads.LoadAsync, new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(0, _loads.Count);
    }

    [Fact]
    public async Task GetOrAddAsync_LoadFails_EveryWaiterIsToldAndTheNextLoadsAgain()
    {
        using var cache = Create();
        var callers = Enumerable.Range(0, 3).Select(_ => cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask()).ToList();

        (await _loads.StartedAsync()).Result.SetException(new InvalidDataException("broken"));

        foreach (var caller in callers)
        {
            Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidDataException>(() => caller.Within())).Message);
        }

        Assert.Equal("value", await cache.GetOrAddAsync("a", static (_, _) => Task.FromResult<string?>("value")));
    }

    [Fact]
    public async Task GetOrAddAsync_LoadThrowsAtOnce_IsAFailureLikeAnyOther()
    {
        using var cache = Create();

        await Assert.ThrowsAsync<InvalidDataException>(() => cache.GetOrAddAsync("a", static (_, _) => throw new InvalidDataException()).AsTask());

        Assert.Equal("value", await cache.GetOrAddAsync("a", static (_, _) => Task.FromResult<string?>("value")));
    }

    [Fact]
    public async Task GetOrAddAsync_PastTheLifetime_LoadsAgain()
    {
        using var cache = Create();
        await AddAsync(cache, "a", "old");
        _time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1));
        Assert.True(cache.TryGet("a", out _));

        _time.Advance(TimeSpan.FromTicks(1));

        Assert.False(cache.TryGet("a", out _));
        Assert.Equal("new", await AddAsync(cache, "a", "new"));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public async Task KeepFor_AnotherTime_OverridesTheLifetime()
    {
        using var cache = Create();
        await cache.GetOrAddAsync("a", static (load, _) =>
        {
            load.KeepFor(TimeSpan.FromSeconds(1));
            return Task.FromResult<string?>("short");
        });

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(cache.TryGet("a", out _));
    }

    [Fact]
    public async Task KeepFor_ForEver_DoesNotOverflow()
    {
        using var cache = Create();
        await cache.GetOrAddAsync("a", static (load, _) =>
        {
            load.KeepFor(TimeSpan.MaxValue);
            return Task.FromResult<string?>("long");
        });

        _time.Advance(TimeSpan.FromDays(100_000));

        Assert.True(cache.TryGet("a", out _));
    }

    [Fact]
    public async Task DoNotKeep_Value_GoesToTheWaitersOnly()
    {
        using var cache = Create();

        Assert.Equal("once", await cache.GetOrAddAsync("a", static (load, _) =>
        {
            load.DoNotKeep();
            return Task.FromResult<string?>("once");
        }));

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task GetOrAddAsync_NothingThere_IsNotKeptUnlessChosen()
    {
        using var cache = Create();
        await AddAsync(cache, "a", null);

        Assert.False(cache.TryGet("a", out _));
        Assert.Equal("now there", await AddAsync(cache, "a", "now there"));
    }

    [Fact]
    public async Task GetOrAddAsync_NothingThere_IsKeptForTheAbsenceLifetime()
    {
        using var cache = Create(absence: TimeSpan.FromSeconds(5));
        await AddAsync(cache, "a", null);

        Assert.Null(await cache.GetOrAddAsync("a", Unexpected));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("now there", await AddAsync(cache, "a", "now there"));
    }

    [Fact]
    public async Task Remove_WhileItLoads_ThoseBeforeGetTheOldValueThoseAfterANewOne()
    {
        using var cache = Create();
        var before = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var old = await _loads.StartedAsync();

        cache.Remove("a");
        var after = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        (await _loads.StartedAsync(2)).Result.SetResult("new");
        Assert.Equal("new", await after.Within());
        old.Result.SetResult("old");

        Assert.Equal("old", await before.Within());
        Assert.Equal("new", await cache.GetOrAddAsync("a", Unexpected));
    }

    [Fact]
    public async Task RemoveTag_Values_RemovesThoseWithTheTagOnly()
    {
        using var cache = Create();
        await AddAsync(cache, "a", "1", "red");
        await AddAsync(cache, "b", "2", "red", "blue");
        await AddAsync(cache, "c", "3", "blue");

        cache.RemoveTag("red");

        Assert.False(cache.TryGet("a", out _));
        Assert.False(cache.TryGet("b", out _));
        Assert.True(cache.TryGet("c", out _));
    }

    [Fact]
    public async Task RemoveTag_WhileItLoads_IsNotKeptAndWhoeverJoinedLaterLoadsAgain()
    {
        using var cache = Create();
        var before = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var old = await _loads.StartedAsync();

        cache.RemoveTag("red");
        var after = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        old.Load.Tag("red");
        old.Result.SetResult("old");

        Assert.Equal("old", await before.Within());
        var fresh = await _loads.StartedAsync(2);
        fresh.Load.Tag("red");
        fresh.Result.SetResult("new");
        Assert.Equal("new", await after.Within());
        Assert.Equal("new", await cache.GetOrAddAsync("a", Unexpected));
    }

    [Fact]
    public async Task RemoveTag_TwiceWhileItLoads_WhoeverJoinedBetweenLoadsAgain()
    {
        using var cache = Create();
        var before = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var old = await _loads.StartedAsync();

        cache.RemoveTag("red");
        var between = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        cache.RemoveTag("red");
        old.Load.Tag("red");
        old.Result.SetResult("old");

        Assert.Equal("old", await before.Within());
        (await _loads.StartedAsync(2)).Result.SetResult("new");
        Assert.Equal("new", await between.Within());
    }

    [Fact]
    public async Task RemoveTag_OfOthersWhileItLoads_ChangesNothing()
    {
        using var cache = Create();
        var caller = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var load = await _loads.StartedAsync();
        load.Load.Tag("red");

        cache.RemoveTag("blue");
        load.Result.SetResult("value");

        Assert.Equal("value", await caller.Within());
        Assert.Equal("value", await cache.GetOrAddAsync("a", Unexpected));
    }

    [Fact]
    public async Task RemoveTag_MoreThanAreRememberedWhileItLoads_TakesTheValueAsOutdated()
    {
        using var cache = Create();
        var caller = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var load = await _loads.StartedAsync();
        load.Load.Tag("red");

        cache.RemoveTag("red");
        for (var i = 0; i < 1_500; i++)
        {
            cache.RemoveTag($"tag{i}");
        }

        load.Result.SetResult("old");
        Assert.Equal("old", await caller.Within());
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Clear_WhileItLoads_KeepsNothing()
    {
        using var cache = Create();
        await AddAsync(cache, "b", "2", "red");
        var before = cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask();
        var load = await _loads.StartedAsync();

        cache.Clear();
        load.Result.SetResult("old");

        Assert.Equal("old", await before.Within());
        Assert.Equal(0, cache.Count);
        cache.RemoveTag("red");
    }

    [Fact]
    public async Task GetOrAddAsync_TooManyValues_TheUnusedGo()
    {
        using var cache = Create(max: 3);
        await AddAsync(cache, "a", "1");
        await AddAsync(cache, "b", "2");
        await AddAsync(cache, "c", "3");
        Assert.True(cache.TryGet("a", out _));

        await AddAsync(cache, "d", "4");

        Assert.Equal(3, cache.Count);
        Assert.True(cache.TryGet("a", out _));
        Assert.False(cache.TryGet("b", out _));
        Assert.True(cache.TryGet("d", out _));
    }

    [Fact]
    public async Task GetOrAddAsync_AScanOfManyKeys_LeavesTheUsedOnes()
    {
        using var cache = Create(max: 10);
        for (var i = 0; i < 5; i++)
        {
            await AddAsync(cache, $"hot{i}", "1");
        }

        for (var i = 0; i < 1_000; i++)
        {
            for (var hot = 0; hot < 5; hot++)
            {
                Assert.True(cache.TryGet($"hot{hot}", out _), $"hot{hot} after {i} others");
            }

            await AddAsync(cache, $"cold{i}", "1");
        }

        Assert.Equal(10, cache.Count);
    }

    [Fact]
    public async Task Invalidations_OfOneNode_TakeEffectOnAnother()
    {
        using var there = Create();
        var sent = new List<CacheInvalidation>();
        using var here = Create(invalidated: invalidation =>
        {
            sent.Add(invalidation);
            there.Apply(invalidation);
        });
        await AddAsync(there, "a", "1");
        await AddAsync(there, "b", "2", "red");
        await AddAsync(there, "c", "3");

        here.Remove("a");
        Assert.False(there.TryGet("a", out _));
        here.RemoveTag("red");
        Assert.False(there.TryGet("b", out _));
        Assert.Equal(1, there.Count);
        here.Clear();
        Assert.Equal(0, there.Count);

        Assert.Equal(
            [new("things", CacheInvalidationKind.Key, "a"), new("things", CacheInvalidationKind.Tag, "red"), new("things", CacheInvalidationKind.All, null)],
            sent);
    }

    [Fact]
    public async Task Apply_FromElsewhere_IsNotSentOn()
    {
        var sent = 0;
        using var cache = Create(invalidated: _ => sent++);
        await AddAsync(cache, "a", "1");

        cache.Apply(new("others", CacheInvalidationKind.All, null));
        Assert.Equal(1, cache.Count);
        cache.Apply(new("things", CacheInvalidationKind.Key, "a"));

        Assert.Equal(0, cache.Count);
        Assert.Equal(0, sent);
    }

    [Fact]
    public async Task Apply_KeyThatCantBeRead_RemovesEverything()
    {
        using var cache = new Cache<int, string>(new() { Name = "numbers", Lifetime = TimeSpan.FromSeconds(1), MaxEntries = 10 }, _time);
        await cache.GetOrAddAsync(1, static (_, _) => Task.FromResult("one"));

        cache.Apply(new("numbers", CacheInvalidationKind.Key, "2"));
        Assert.Equal(1, cache.Count);
        cache.Apply(new("numbers", CacheInvalidationKind.Key, "one"));

        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Dispose_WhileItLoads_CancelsTheLoadAndRefusesNewcomers()
    {
        var cache = Create();
        var caller = cache.GetOrAddAsync("a", async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }).AsTask();

        cache.Dispose();
        cache.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller.Within());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.GetOrAddAsync("a", _loads.LoadAsync).AsTask());
    }

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(1, 0, null)]
    [InlineData(1, 1, 0)]
    public void Cache_OptionOutOfRange_Throws(int lifetimeSeconds, int max, int? absenceSeconds) => Assert.ThrowsAny<ArgumentException>(() => new Cache<string, string>(
        new() { Name = "things", Lifetime = TimeSpan.FromSeconds(lifetimeSeconds), MaxEntries = max, AbsenceLifetime = absenceSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null },
        _time));

    private static Task<string?> Unexpected(CacheLoad<string> load, CancellationToken cancellationToken) => throw new InvalidOperationException($"{load.Key} was kept, so nobody should load it.");

    private Cache<string, string?> Create(int max = 100, TimeSpan? absence = null, Action<CacheInvalidation>? invalidated = null) => new(
        new() { Name = "things", Lifetime = TimeSpan.FromSeconds(60), MaxEntries = max, AbsenceLifetime = absence, Invalidated = invalidated }, _time);

    private static async Task<string?> AddAsync(Cache<string, string?> cache, string key, string? value, params string[] tags) =>
        await cache.GetOrAddAsync(key, (load, _) =>
        {
            foreach (var tag in tags)
            {
                load.Tag(tag);
            }

            return Task.FromResult(value);
        }).AsTask().Within();
}
