using Causeway.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Causeway.Identity.Tests;

public sealed class PasswordHashingTests
{
    [Fact]
    public void IdentityOptions_Default_IsOwaspsNumber()
    {
        Assert.Equal(210_000, new IdentityOptions().PasswordIterations);
        Assert.Equal(Math.Max(1, Environment.ProcessorCount - 1), new IdentityOptions().HashingThreads);
    }

    [Fact]
    public async Task Verify_OwnHash_IsRightAndStays()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);
        var passwords = identity.Get<PasswordHashing>();
        var hash = (await passwords.HashAsync("correct horse")).NewHash!;

        Assert.Equal(new PasswordResult(PasswordStatus.Right), await passwords.VerifyAsync(hash, "correct horse"));
        Assert.Equal(new PasswordResult(PasswordStatus.Wrong), await passwords.VerifyAsync(hash, "correct hors"));
        Assert.Equal(new PasswordResult(PasswordStatus.Wrong), await passwords.VerifyAsync(null, "correct horse"));
        Assert.NotEqual(hash, (await passwords.HashAsync("correct horse")).NewHash);
    }

    [Fact]
    public async Task Verify_HashOfOtherParameters_IsRightAndComesWithANewOne()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);
        var old = new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 500 })).HashPassword("", "correct horse");

        var result = await identity.Get<PasswordHashing>().VerifyAsync(old, "correct horse");

        Assert.Equal(PasswordStatus.Right, result.Status);
        Assert.Equal(new PasswordResult(PasswordStatus.Right), await identity.Get<PasswordHashing>().VerifyAsync(result.NewHash, "correct horse"));
    }

    [Fact]
    public async Task Hash_QueueFull_IsRefusedAtOnceAndTheRestGoesOn()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite, static options =>
        {
            options.HashingThreads = 1;
            options.HashingQueue = 2;
            options.PasswordIterations = 2_000_000;
        });
        var passwords = identity.Get<PasswordHashing>();

        var all = Enumerable.Range(0, 8).Select(_ => passwords.HashAsync("correct horse")).ToList();

        // Refusing needs no thread: whoever was refused knows it before the first hash is done.
        Assert.Equal(5, all.Count(static task => task.IsCompleted && task.Result.Status == PasswordStatus.Busy));
        var results = await Task.WhenAll(all);
        Assert.Equal(3, results.Count(static result => result.Status == PasswordStatus.Right));
        Assert.Equal(PasswordStatus.Right, (await passwords.HashAsync("once more")).Status);
    }

    [Fact]
    public async Task Hash_CallerLeaves_GivesItsPlaceBack()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite, static options =>
        {
            options.HashingThreads = 1;
            options.HashingQueue = 1;
            options.PasswordIterations = 2_000_000;
        });
        var passwords = identity.Get<PasswordHashing>();
        using var leaving = new CancellationTokenSource();
        var first = passwords.HashAsync("correct horse");
        var second = passwords.HashAsync("correct horse", leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(PasswordStatus.Right, (await passwords.HashAsync("a third")).Status);
        Assert.Equal(PasswordStatus.Right, (await first).Status);
    }
}
