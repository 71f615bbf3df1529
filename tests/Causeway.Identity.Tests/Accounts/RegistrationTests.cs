using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class RegistrationTests
{
    private const string Password = "correct horse battery";

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_NewAddress_IsLoggedInAndGetsALinkThatVerifiesOnce(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        var result = await RegisterAsync(identity, "ada@example.com");

        Assert.Equal(RegistrationStatus.Registered, result.Status);
        Assert.Equal(["user"], result.Account!.Roles);
        Assert.Null(result.Account.EmailVerifiedAt);
        Assert.True(await identity.LetsInAsync(result.Tokens!.AccessToken!));
        var secret = await identity.LinkAsync();
        Assert.Equal(identity.Time.GetUtcNow(), (await VerifyAsync(identity, secret)).Account!.EmailVerifiedAt);
        Assert.Equal(AccountStatus.LinkIsOver, (await VerifyAsync(identity, secret)).Status);
        await identity.SendMailAsync();
        Assert.Contains(identity.Mails(), static mail => mail.Subject == "Welcome");
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_OneAddressAHundredTimesAtOnce_GivesOneAccount(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => RegisterAsync(identity, i % 2 == 0 ? "ada@example.com" : "ADA@Example.COM")));

        Assert.Single(results, static result => result.Status == RegistrationStatus.Registered);
        Assert.Equal(99, results.Count(static result => result.Status == RegistrationStatus.EmailTaken));
        Assert.Equal(1, await identity.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM users"));
        Assert.Equal(1, await identity.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM sessions"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_WhereAddressesAreVerified_NeverTellsWhetherThereIsAnAccount(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.RequireVerifiedEmail = true);
        await identity.AddAsync("ada@example.com");
        using var hashes = new HashCounter(identity);

        var costs = new[]
        {
            await hashes.CostOfAsync(async () => Assert.Equal(new RegistrationResult(RegistrationStatus.MailSent), await RegisterAsync(identity, "ada@example.com", "another password"))),
            await hashes.CostOfAsync(async () => Assert.Equal(new RegistrationResult(RegistrationStatus.MailSent), await RegisterAsync(identity, "new@example.com", "another password"))),
        };

        Assert.Equal([1, 1], costs);
        await identity.SendMailAsync();
        Assert.Equal(
            [("ada@example.com", "You have an account already"), ("new@example.com", "Confirm your address")],
            identity.Mails().Select(static mail => (mail.To, mail.Subject)).Order());
        Assert.Equal(LogInStatus.LoggedIn, (await identity.LogIn.TryAsync(TestIdentity.Email("ada@example.com"), Password, TestIdentity.Client())).Status);
    }

    /// <summary>Somebody registers with an address that is not theirs, and waits for its owner to confirm it.</summary>
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_AddressTakenByAStrangerBefore_BelongsToWhoConfirmsIt(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.RequireVerifiedEmail = true);
        await RegisterAsync(identity, "ada@example.com", "the strangers password");
        var first = await identity.LinkAsync();
        identity.Time.Advance(TimeSpan.FromMinutes(2));

        await RegisterAsync(identity, "ada@example.com", "the owners password");

        Assert.Equal(AccountStatus.LinkIsOver, (await VerifyAsync(identity, first)).Status);
        Assert.Equal(AccountStatus.Done, (await VerifyAsync(identity, await identity.LinkAsync())).Status);
        Assert.Equal(LogInStatus.Refused, (await identity.LogIn.TryAsync(TestIdentity.Email("ada@example.com"), "the strangers password", TestIdentity.Client())).Status);
        Assert.Equal(LogInStatus.LoggedIn, (await identity.LogIn.TryAsync(TestIdentity.Email("ada@example.com"), "the owners password", TestIdentity.Client())).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_AccountMadeByAnAdmin_IsNotTakenOver(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.RequireVerifiedEmail = true);
        await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("root@example.com"), null, Password, ["admin"]), TestIdentity.From());

        await RegisterAsync(identity, "root@example.com", "the strangers password");

        Assert.Equal(LogInStatus.Refused, (await identity.LogIn.TryAsync(TestIdentity.Email("root@example.com"), "the strangers password", TestIdentity.Client())).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Register_AgainAndAgain_SendsOneMailAMinute(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.RequireVerifiedEmail = true);
        for (var i = 0; i < 10; i++)
        {
            await RegisterAsync(identity, "ada@example.com");
            await identity.SendMailAsync();
        }

        Assert.Single(identity.Mails());
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task VerifyEmail_LinkTooOldOrMadeUp_IsOver(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await RegisterAsync(identity, "ada@example.com");
        var secret = await identity.LinkAsync();
        Assert.Equal(AccountStatus.LinkIsOver, (await VerifyAsync(identity, "A" + secret[1..])).Status);
        Assert.Equal(AccountStatus.LinkIsOver, (await VerifyAsync(identity, "' OR '1'='1")).Status);

        identity.Time.Advance(TimeSpan.FromHours(24));

        Assert.Equal(AccountStatus.LinkIsOver, (await VerifyAsync(identity, secret)).Status);
    }

    private static Task<RegistrationResult> RegisterAsync(TestIdentity identity, string email, string password = Password) =>
        identity.Get<Registration>().RegisterAsync(TestIdentity.Email(email), password, "Ada", TestIdentity.Client());

    private static Task<AccountResult> VerifyAsync(TestIdentity identity, string secret) => identity.Get<Registration>().VerifyEmailAsync(secret, TestIdentity.From());
}
