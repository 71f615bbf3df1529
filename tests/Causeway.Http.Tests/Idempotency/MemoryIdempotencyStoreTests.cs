using Microsoft.Extensions.Options;

namespace Causeway.Http.Tests;

/// <summary>F12: what the store in memory keeps is bounded, and what still runs is never forgotten.</summary>
public sealed class MemoryIdempotencyStoreTests
{
    private static readonly byte[] Fingerprint = [1];
    private readonly ManualTime _time = new();

    [Fact]
    public async Task CompleteAsync_OverMaxKeys_ForgetsTheOldestFinished()
    {
        var store = Create(new IdempotencyOptions { MaxKeys = 100 });
        for (var i = 0; i < 150; i++)
        {
            await DoAsync(store, i, 10);
        }

        Assert.Equal(100, store.Count);
        Assert.Equal(IdempotencyStatus.Answered, await StatusAsync(store, 149));
        Assert.Equal(IdempotencyStatus.Answered, await StatusAsync(store, 50));
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, 49));
    }

    [Fact]
    public async Task ForgetExpired_Idle_FreesWhatIsOverAndKeepsWhatRuns()
    {
        var options = new IdempotencyOptions();
        var store = Create(options);
        await DoAsync(store, 1, 10);
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, 2));

        await store.ForgetExpiredAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, store.Count);
        _time.Advance(options.Retention);
        await store.ForgetExpiredAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, store.Count);
    }

    [Fact]
    public async Task CompleteAsync_OverMaxStoredBytes_ForgetsTheOldestFinished()
    {
        var store = Create(new IdempotencyOptions { MaxStoredBytes = 1_048_576 });
        for (var i = 0; i < 20; i++)
        {
            await DoAsync(store, i, 100_000);
        }

        Assert.Equal(10, store.Count);
        Assert.Equal(IdempotencyStatus.Answered, await StatusAsync(store, 19));
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, 0));
    }

    [Fact]
    public async Task ClaimAsync_AllThatIsKeptStillRuns_TakesNoMore()
    {
        var store = Create(new IdempotencyOptions { MaxKeys = 100 });
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, i));
        }

        Assert.Equal(IdempotencyStatus.Full, await StatusAsync(store, 100));
        await store.ReleaseAsync(Key(7));
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, 100));
        await store.CompleteAsync(Key(8), Answer(10));
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, 101));
        Assert.Equal(100, store.Count);
    }

    [Fact]
    public async Task ClaimAsync_AfterRetention_ForgetsAll()
    {
        var store = Create(new IdempotencyOptions { Retention = TimeSpan.FromMinutes(1) });
        for (var i = 0; i < 10; i++)
        {
            await DoAsync(store, i, 10);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        await StatusAsync(store, 99);

        Assert.Equal(1, store.Count);
    }

    [Fact]
    public async Task ClaimAsync_WaitIsCancelled_LeavesTheFirstAlone()
    {
        var store = Create(new IdempotencyOptions());
        await StatusAsync(store, 1);
        using var cancel = new CancellationTokenSource();
        var waiting = store.ClaimAsync(Key(1), Fingerprint, cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within());
        await store.CompleteAsync(Key(1), Answer(3));
        Assert.Equal(IdempotencyStatus.Answered, await StatusAsync(store, 1));
    }

    [Fact]
    public void Options_OutOfRange_AreAllNamed()
    {
        var result = new IdempotencyOptionsValidator().Validate(null, new IdempotencyOptions
        {
            MaxKeys = 1,
            MaxStoredBytes = 1,
            MaxRequestBytes = 1,
            MaxResponseBytes = 1,
        });

        Assert.Equal(4, result.Failures?.Count());
        Assert.True(new IdempotencyOptionsValidator().Validate(null, new IdempotencyOptions { Retention = TimeSpan.Zero }).Failed);
        Assert.True(new IdempotencyOptionsValidator().Validate(null, new IdempotencyOptions { WaitForFirst = TimeSpan.FromMinutes(2) }).Failed);
        Assert.True(new IdempotencyOptionsValidator().Validate(null, new IdempotencyOptions()).Succeeded);
    }

    private static IdempotencyKey Key(int number) => new("ann", "POST /", $"{number:D4}");

    private static IdempotentAnswer Answer(int bytes) => new(201, "text/plain", null, null, new byte[bytes]);

    private static async Task DoAsync(MemoryIdempotencyStore store, int number, int bytes)
    {
        Assert.Equal(IdempotencyStatus.Claimed, await StatusAsync(store, number));
        await store.CompleteAsync(Key(number), Answer(bytes));
    }

    private static async Task<IdempotencyStatus> StatusAsync(MemoryIdempotencyStore store, int number) =>
        (await store.ClaimAsync(Key(number), Fingerprint, TestContext.Current.CancellationToken).Within()).Status;

    private MemoryIdempotencyStore Create(IdempotencyOptions options) => new(Options.Create(options), _time);
}
