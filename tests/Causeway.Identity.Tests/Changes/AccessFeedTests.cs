using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class AccessFeedTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Poll_ChangesOfAnotherNode_AreToldOnceAndInOrder(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        var heard = new List<AccessChange>();
        using var subscription = other.Get<AccessChanges>().Subscribe(heard.Add);
        var log = identity.Get<AccessChangeLog>();
        AccessChange[] changes = [new(AccessChangeKind.User, "ada"), new(AccessChangeKind.Session, "ada", "s1"), new(AccessChangeKind.ApiKey, null, null, "k1"), new(AccessChangeKind.Role)];
        foreach (var change in changes)
        {
            await identity.Database.WriteAsync((unit, token) => log.WriteAsync(unit, change, token));
        }

        await other.Feed.PollAsync();
        await other.Feed.PollAsync();

        Assert.Equal(changes, heard);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Write_OnThisNode_IsToldWhenTheWriteReturnsAndNotAgain(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var heard = new List<AccessChange>();
        using var subscription = identity.Get<AccessChanges>().Subscribe(heard.Add);

        await identity.Database.WriteAsync((unit, token) => identity.Get<AccessChangeLog>().WriteAsync(unit, new AccessChange(AccessChangeKind.User, "ada"), token));

        Assert.Single(heard);
        await identity.Feed.PollAsync();
        Assert.Single(heard);
    }

    /// <summary>A transaction that took its number first and commits last: what a plain "greater than the last one I saw" would never see.</summary>
    [Fact]
    public async Task Poll_LowerNumberCommittedLater_IsToldAsWell()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Postgres);
        await using var other = await identity.AnotherAsync();
        var heard = new List<string?>();
        using var subscription = other.Get<AccessChanges>().Subscribe(change => heard.Add(change.UserId));
        var log = identity.Get<AccessChangeLog>();
        var (taken, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = identity.Database.WriteAsync(async (unit, token) =>
        {
            await log.WriteAsync(unit, new AccessChange(AccessChangeKind.User, "slow"), token);
            taken.SetResult();
            await release.Task;
        });
        await taken.Task;
        await identity.Database.WriteAsync((unit, token) => log.WriteAsync(unit, new AccessChange(AccessChangeKind.User, "quick"), token));
        await other.Feed.PollAsync();
        Assert.Equal(["quick"], heard);
        identity.Time.Advance(TimeSpan.FromSeconds(50));
        await other.Feed.PollAsync();

        release.SetResult();
        await slow;
        await other.Feed.PollAsync();

        Assert.Equal(["quick", "slow"], heard);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Poll_ForHours_ReadsNoMoreThanTheLastMinuteAgain(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        var heard = 0;
        using var subscription = other.Get<AccessChanges>().Subscribe(_ => heard++);
        for (var round = 0; round < 20; round++)
        {
            await identity.Database.WriteAsync((unit, token) => identity.Get<AccessChangeLog>().WriteAsync(unit, new AccessChange(AccessChangeKind.User, "ada"), token));
            identity.Time.Advance(TimeSpan.FromSeconds(40));
            await other.Feed.PollAsync();
        }

        Assert.Equal(20, heard);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Poll_AwayForLongerThanRowsAreKept_SaysThatEverythingMayHaveChanged(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var heard = new List<AccessChange>();
        using var subscription = identity.Get<AccessChanges>().Subscribe(heard.Add);
        identity.Time.Advance(TimeSpan.FromMinutes(31));

        await identity.Feed.PollAsync();

        Assert.Equal([new AccessChange(AccessChangeKind.Everything)], heard);
        Assert.Single(identity.Log.Named("ChangesMissed"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Find_FeedNotHeardForAMinute_LooksAgainEachSecond(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        var account = await identity.AddAsync("ada@example.com");
        var token = (await identity.LogInAsync("ada@example.com")).AccessToken!;
        Assert.True(await other.LetsInAsync(token));
        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { IsDisabled = true }, null, TestIdentity.From());

        identity.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(await other.LetsInAsync(token));
        identity.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(await other.LetsInAsync(token));
    }

    [Fact]
    public async Task Find_DatabaseDown_BelievesAMinuteAndThenNobody()
    {
        await using var server = await Causeway.Testing.PostgresServer.StartAsync();
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Postgres, connection: await server.CreateDatabaseAsync());
        await identity.AddAsync("ada@example.com");
        var token = (await identity.LogInAsync("ada@example.com")).AccessToken!;
        Assert.True(await identity.LetsInAsync(token));

        await server.KillAsync();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => identity.Feed.PollAsync());
        identity.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await identity.LetsInAsync(token));
        identity.Time.Advance(TimeSpan.FromSeconds(31));
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => identity.LetsInAsync(token));

        await server.StartAgainAsync();
        Assert.True(await identity.LetsInAsync(token));
    }
}
