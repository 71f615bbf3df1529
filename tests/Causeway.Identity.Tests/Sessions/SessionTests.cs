using Causeway.Data;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class SessionTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_CurrentToken_GivesTheNextPair(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var first = await identity.LogInAsync("ada@example.com");

        var second = await RefreshAsync(identity, first.RefreshToken);

        Assert.Equal(RefreshStatus.Refreshed, second.Status);
        Assert.Equal(account.Id, second.Account!.Id);
        Assert.NotEqual(first.RefreshToken, second.Tokens!.RefreshToken);
        Assert.Equal(first.SessionId, second.Tokens.SessionId);
        Assert.True(await identity.LetsInAsync(second.Tokens.AccessToken!));
        Assert.True(await identity.LetsInAsync(first.AccessToken!));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_TwentyTabsAtOnce_AllGetTheSamePairAndNobodyIsLoggedOut(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        await identity.AddAsync("ada@example.com");
        var token = (await identity.LogInAsync("ada@example.com")).RefreshToken;

        for (var round = 0; round < 3; round++)
        {
            var kept = token;
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(tab => RefreshAsync(tab % 2 == 0 ? identity : other, kept)));

            Assert.All(answers, static answer => Assert.Equal(RefreshStatus.Refreshed, answer.Status));
            token = Assert.Single(answers.Select(static answer => answer.Tokens!.RefreshToken).Distinct());
            Assert.NotEqual(kept, token);
        }

        Assert.Single(await identity.Sessions.ListAsync((await identity.Accounts.FindAsync(TestIdentity.Email("ada@example.com")))!.Id));
        Assert.DoesNotContain(await identity.AuditAsync(), static row => row.Action == "auth.token_reused");
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_AnswerLost_TheSameTokenWorksDaysLater(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        var first = await identity.LogInAsync("ada@example.com");
        var lost = await RefreshAsync(identity, first.RefreshToken);
        identity.Time.Advance(TimeSpan.FromDays(3));

        var again = await RefreshAsync(identity, first.RefreshToken);

        Assert.Equal(RefreshStatus.Refreshed, again.Status);
        Assert.Equal(lost.Tokens!.RefreshToken, again.Tokens!.RefreshToken);
        Assert.True(await identity.LetsInAsync(again.Tokens.AccessToken!));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_OldTokenReplayed_EndsTheSessionOnEveryNode(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        await identity.AddAsync("ada@example.com");
        var stolen = await identity.LogInAsync("ada@example.com");
        var second = await RefreshAsync(identity, stolen.RefreshToken);
        var third = await RefreshAsync(identity, second.Tokens!.RefreshToken);
        Assert.True(await other.LetsInAsync(third.Tokens!.AccessToken!));
        var heard = new List<AccessChange>();
        using var subscription = other.Get<AccessChanges>().Subscribe(heard.Add);
        identity.Time.Advance(TimeSpan.FromSeconds(11));

        var replay = await RefreshAsync(identity, stolen.RefreshToken);
        await other.Feed.PollAsync();

        Assert.Equal(RefreshStatus.Reused, replay.Status);
        Assert.Equal(RefreshStatus.Refused, (await RefreshAsync(identity, third.Tokens.RefreshToken)).Status);
        Assert.False(await identity.LetsInAsync(third.Tokens.AccessToken!));
        Assert.False(await other.LetsInAsync(third.Tokens.AccessToken!));
        Assert.Contains(heard, change => change.Kind == AccessChangeKind.Session && change.SessionId == stolen.SessionId);
        Assert.Single(await identity.AuditAsync(), static row => row is { Action: "auth.token_reused", Outcome: "refused" });
        Assert.Single(identity.Log.Named("RefreshTokenReused"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_KeysRotatedOnAnotherNode_NobodyIsLoggedOut(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        await identity.AddAsync("ada@example.com");
        var before = await identity.LogInAsync("ada@example.com");
        var cookie = await identity.LogInAsync("ada@example.com", kind: SessionKind.Cookie);

        await other.Get<SigningKeys>().RotateAsync();
        var refreshed = await RefreshAsync(other, before.RefreshToken);
        identity.Time.Advance(TimeSpan.FromSeconds(2));

        // What the one node signs with the new key, the other takes though nobody told it; and what was signed before counts on both.
        Assert.Equal(RefreshStatus.Refreshed, refreshed.Status);
        Assert.True(await identity.LetsInAsync(refreshed.Tokens!.AccessToken!));
        identity.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(RefreshStatus.Refreshed, (await RefreshAsync(identity, refreshed.Tokens.RefreshToken)).Status);
        Assert.True(await identity.LetsInAsync(before.AccessToken!));
        Assert.True(await other.LetsInAsync(before.AccessToken!));
        Assert.NotNull(await other.Credentials.FindCookieAsync(cookie.RefreshToken, null));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_SessionNotUsedForItsLife_IsRefused(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        var tokens = await identity.LogInAsync("ada@example.com");
        identity.Time.Advance(TimeSpan.FromDays(7));

        Assert.Equal(RefreshStatus.Refused, (await RefreshAsync(identity, tokens.RefreshToken)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cwr_nonsense")]
    [InlineData("' OR 1=1 --")]
    public async Task Refresh_Nonsense_IsRefused(string token)
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);

        Assert.Equal(RefreshStatus.Refused, (await RefreshAsync(identity, token)).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task End_OneSession_VoidsItAndLeavesTheOthers(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var (one, two) = (await identity.LogInAsync("ada@example.com"), await identity.LogInAsync("ada@example.com"));

        Assert.True(await identity.Sessions.EndAsync(account.Id, one.SessionId, TestIdentity.From()));

        Assert.False(await identity.LetsInAsync(one.AccessToken!));
        Assert.True(await identity.LetsInAsync(two.AccessToken!));
        Assert.Equal(RefreshStatus.Refused, (await RefreshAsync(identity, one.RefreshToken)).Status);
        Assert.Equal([two.SessionId], (await identity.Sessions.ListAsync(account.Id)).Select(static session => session.Id));
        Assert.False(await identity.Sessions.EndAsync(account.Id, one.SessionId, TestIdentity.From()));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task End_SomebodyElsesSession_IsNotFound(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        var bob = await identity.AddAsync("bob@example.com");
        var tokens = await identity.LogInAsync("ada@example.com");

        Assert.False(await identity.Sessions.EndAsync(bob.Id, tokens.SessionId, TestIdentity.From()));
        Assert.True(await identity.LetsInAsync(tokens.AccessToken!));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task EndAll_User_VoidsEverySessionAndToken(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var tokens = await identity.LogInAsync("ada@example.com");
        var cookie = await identity.LogInAsync("ada@example.com", kind: SessionKind.Cookie);

        Assert.Equal(2, await identity.Sessions.EndAllAsync(account.Id, TestIdentity.From()));

        Assert.False(await identity.LetsInAsync(tokens.AccessToken!));
        Assert.Null(await identity.Credentials.FindCookieAsync(cookie.RefreshToken, null));
        Assert.Empty(await identity.Sessions.ListAsync(account.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Start_OneMoreThanAUserMayHave_EndsTheOneUsedLongestAgo(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.MaxSessionsPerUser = 2);
        var account = await identity.AddAsync("ada@example.com");
        var first = await identity.LogInAsync("ada@example.com");
        identity.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await identity.LogInAsync("ada@example.com");
        identity.Time.Advance(TimeSpan.FromMinutes(1));
        await RefreshAsync(identity, first.RefreshToken);

        var third = await identity.LogInAsync("ada@example.com");

        Assert.Equal([third.SessionId, first.SessionId], (await identity.Sessions.ListAsync(account.Id)).Select(static session => session.Id));
        Assert.False(await identity.LetsInAsync(second.AccessToken!));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task List_Sessions_SayDeviceAddressAndLastUse(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var cookie = await identity.LogInAsync("ada@example.com", kind: SessionKind.Cookie);
        identity.Time.Advance(TimeSpan.FromHours(1));
        await identity.Credentials.FindCookieAsync(cookie.RefreshToken, "198.51.100.9");
        await identity.Get<IdentityUpkeep>().FlushAsync();

        var session = Assert.Single(await identity.Sessions.ListAsync(account.Id));

        Assert.Equal(("a test", "198.51.100.9", identity.Time.GetUtcNow()), (session.Device, session.Address, session.LastUsedAt));
        Assert.Equal(identity.Time.GetUtcNow() - TimeSpan.FromHours(1), session.CreatedAt);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Refresh_Cookie_LivesOnWithTheSameValue(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        var cookie = await identity.LogInAsync("ada@example.com", kind: SessionKind.Cookie);
        Assert.NotNull(await identity.Credentials.FindCookieAsync(cookie.RefreshToken, null));
        identity.Time.Advance(TimeSpan.FromDays(6));

        var refreshed = await identity.Sessions.RefreshAsync(cookie.RefreshToken, TestIdentity.Client(SessionKind.Cookie));
        identity.Time.Advance(TimeSpan.FromDays(6));

        Assert.Equal(RefreshStatus.Refreshed, refreshed.Status);
        Assert.Null(refreshed.Tokens!.AccessToken);
        Assert.NotNull(await identity.Credentials.FindCookieAsync(cookie.RefreshToken, null));
        identity.Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await identity.Credentials.FindCookieAsync(cookie.RefreshToken, null));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task CleanUp_SessionsThatAreOver_AreDeleted(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        await identity.LogInAsync("ada@example.com");
        identity.Time.Advance(TimeSpan.FromDays(8));

        await identity.Get<IdentityUpkeep>().CleanUpAsync();

        Assert.Equal(0, await identity.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM sessions"));
        Assert.Equal(0, await identity.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM access_changes"));
    }

    private static Task<RefreshResult> RefreshAsync(TestIdentity identity, string token) => identity.Sessions.RefreshAsync(token, TestIdentity.Client());
}
