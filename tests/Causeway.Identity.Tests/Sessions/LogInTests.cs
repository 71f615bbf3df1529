using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class LogInTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_RightPassword_GivesTokensOfTheAccount(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("Ada@example.com", roles: "user");

        var result = await identity.LogIn.TryAsync(TestIdentity.Email("aDA@EXAMPLE.com"), "correct horse battery", TestIdentity.Client());

        Assert.Equal(LogInStatus.LoggedIn, result.Status);
        var access = await identity.Credentials.FindAsync(result.Tokens!.AccessToken!, null);
        Assert.Equal((account.Id, "user:" + account.Id, result.Tokens.SessionId), (access!.UserId, access.Principal, access.SessionId));
        Assert.Equal(identity.Time.GetUtcNow() + TimeSpan.FromMinutes(15), access.ExpiresAt);
        Assert.Equal(identity.Time.GetUtcNow(), (await identity.Accounts.FindAsync(account.Id))!.LastLoginAt);
        Assert.Contains(await identity.AuditAsync(), row => row is { Action: "auth.login", Outcome: "success", Address: "203.0.113.7", RequestId: "request-1" } && row.Actor == "user:" + account.Id);
    }

    /// <summary>Enumeration by timing: a log-in costs one hash, whatever the reason it fails for.</summary>
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_WrongUnknownDisabledOrWithoutPassword_AnswersTheSameForTheSameWork(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("off@example.com"), null, "correct horse battery", [], IsDisabled: true), TestIdentity.From());
        await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("invited@example.com"), null, null, []), TestIdentity.From());
        using var hashes = new HashCounter(identity);
        var costs = new List<long>();

        foreach (var (email, password) in new[]
        {
            ("ada@example.com", "wrong horse battery"), ("nobody@example.com", "correct horse battery"),
            ("off@example.com", "correct horse battery"), ("invited@example.com", ""), ("invited@example.com", "correct horse battery"),
        })
        {
            costs.Add(await hashes.CostOfAsync(async () =>
                Assert.Equal(new LogInResult(LogInStatus.Refused), await identity.LogIn.TryAsync(TestIdentity.Email(email), password, TestIdentity.Client()))));
        }

        Assert.All(costs, static cost => Assert.Equal(1, cost));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_HashOfWeakerParameters_IsReplacedOnce(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        await using var stronger = await identity.AnotherAsync(static options => options.PasswordIterations = 2_000);
        using var hashes = new HashCounter(stronger);

        Assert.Equal(2, await hashes.CostOfAsync(() => stronger.LogInAsync("ada@example.com")));
        Assert.Equal(1, await hashes.CostOfAsync(() => stronger.LogInAsync("ada@example.com")));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_PasswordGuessed_SlowsDownTheGuesserAndNotTheOwner(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        for (var i = 0; i < 6; i++)
        {
            await TryAsync(identity, "ada@example.com", "wrong horse battery", "198.51.100.1");
            identity.Time.Advance(TimeSpan.FromSeconds(i));
        }

        using var hashes = new HashCounter(identity);
        var guess = await TryAsync(identity, "ada@example.com", "wrong horse battery", "198.51.100.1");
        guess = await TryAsync(identity, "ada@example.com", "correct horse battery", "198.51.100.1");

        // Nothing is hashed for it, and the right password does not help either: else the pause would tell.
        Assert.Equal(LogInStatus.SlowedDown, guess.Status);
        Assert.True(guess.RetryAfter > TimeSpan.Zero);
        Assert.Equal(LogInStatus.LoggedIn, (await TryAsync(identity, "ada@example.com", "correct horse battery", "203.0.113.7")).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_GuessedFromEverywhere_OwnerComesInFromAKnownAddress(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        await identity.LogInAsync("ada@example.com", address: "203.0.113.7");
        for (var i = 0; i < 120; i++)
        {
            await TryAsync(identity, "ada@example.com", "wrong horse battery", $"198.51.100.{i}");
        }

        Assert.Equal(LogInStatus.SlowedDown, (await TryAsync(identity, "ada@example.com", "wrong horse battery", "192.0.2.1")).Status);
        Assert.Equal(LogInStatus.LoggedIn, (await TryAsync(identity, "ada@example.com", "correct horse battery", "203.0.113.7")).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_ManyWrongOnes_AreFewEntriesInTheAuditLog(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        for (var i = 0; i < 50; i++)
        {
            await TryAsync(identity, "nobody@example.com", "wrong horse battery", "198.51.100.1");
        }

        await identity.Get<IdentityUpkeep>().FlushAsync();

        var row = Assert.Single(await identity.AuditAsync());
        Assert.Equal(("anonymous", "auth.login", "refused", "email:nobody@example.com"), (row.Actor, row.Action, row.Outcome, row.Target));
        Assert.Contains("\"count\":50", row.Details, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Try_AddressNotVerifiedWhereItMustBe_IsToldToWhoKnowsThePasswordAlone(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.RequireVerifiedEmail = true);
        await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("ada@example.com"), null, "correct horse battery", []), TestIdentity.From());

        Assert.Equal(LogInStatus.Refused, (await TryAsync(identity, "ada@example.com", "wrong horse battery")).Status);
        Assert.Equal(LogInStatus.NotVerified, (await TryAsync(identity, "ada@example.com", "correct horse battery")).Status);
        var secret = await identity.LinkAsync();
        Assert.Equal(AccountStatus.Done, (await identity.Get<Registration>().VerifyEmailAsync(secret, TestIdentity.From())).Status);
        Assert.Equal(LogInStatus.LoggedIn, (await TryAsync(identity, "ada@example.com", "correct horse battery")).Status);
    }

    [Fact]
    public async Task Try_TooManyAtOnce_IsBusyWithATimeToComeBack()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite, static options =>
        {
            options.HashingThreads = 1;
            options.HashingQueue = 1;
            options.PasswordIterations = 1_000_000;
        });

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => TryAsync(identity, $"nobody-{i}@example.com", "wrong horse battery")));

        Assert.Contains(results, static result => result is { Status: LogInStatus.Busy, RetryAfter: { TotalSeconds: 1 } });
        Assert.Contains(results, static result => result.Status == LogInStatus.Refused);
    }

    private static Task<LogInResult> TryAsync(TestIdentity identity, string email, string password, string address = "203.0.113.7") =>
        identity.LogIn.TryAsync(TestIdentity.Email(email), password, TestIdentity.Client(address: address));
}
