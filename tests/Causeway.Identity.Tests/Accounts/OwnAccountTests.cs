using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class OwnAccountTests
{
    private const string Password = "correct horse battery";

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ChangePassword_WithTheOldOne_EndsTheOtherSessionsAndTellsByMail(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var (mine, other) = (await identity.LogInAsync("ada@example.com"), await identity.LogInAsync("ada@example.com"));

        var result = await identity.Get<OwnAccount>().ChangePasswordAsync(account.Id, Password, "a better password", mine.SessionId, TestIdentity.From().As(account.Id));

        Assert.Equal(AccountStatus.Done, result.Status);
        Assert.True(await identity.LetsInAsync(mine.AccessToken!));
        Assert.False(await identity.LetsInAsync(other.AccessToken!));
        await identity.LogInAsync("ada@example.com", "a better password");
        await identity.SendMailAsync();
        Assert.Equal("Your password was changed", Assert.Single(identity.Mails()).Subject);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ChangePassword_WrongOldOne_ChangesNothingAndIsSlowedDown(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(AccountStatus.WrongPassword, (await ChangeAsync("wrong horse battery")).Status);
        }

        var slowed = await ChangeAsync(Password);

        Assert.Equal(AccountStatus.SlowedDown, slowed.Status);
        Assert.True(slowed.RetryAfter > TimeSpan.Zero);
        identity.Time.Advance(TimeSpan.FromMinutes(1));
        await identity.LogInAsync("ada@example.com", Password);

        Task<AccountResult> ChangeAsync(string current) =>
            identity.Get<OwnAccount>().ChangePasswordAsync(account.Id, current, "a better password", null, TestIdentity.From().As(account.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ResetPassword_ByLink_WorksOnceAndEndsAllSessions(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        var tokens = await identity.LogInAsync("ada@example.com");
        await ForgetAsync(identity, "ada@example.com");
        var secret = await identity.LinkAsync();

        Assert.Equal(AccountStatus.Done, (await ResetAsync(identity, secret)).Status);

        Assert.False(await identity.LetsInAsync(tokens.AccessToken!));
        Assert.Equal(AccountStatus.LinkIsOver, (await ResetAsync(identity, secret)).Status);
        await identity.LogInAsync("ada@example.com", "a better password");
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ResetPassword_OfTwentyAtOnce_OneIsTaken(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");
        await ForgetAsync(identity, "ada@example.com");
        var secret = await identity.LinkAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ResetAsync(identity, secret)));

        Assert.Single(results, static result => result.Status == AccountStatus.Done);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ResetPassword_LinkTooOldReplacedOrPasswordChangedSince_IsOver(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        await ForgetAsync(identity, "ada@example.com");
        var first = await identity.LinkAsync();
        identity.Time.Advance(TimeSpan.FromMinutes(2));
        await ForgetAsync(identity, "ada@example.com");
        var second = await identity.LinkAsync();
        Assert.NotEqual(first, second);
        Assert.Equal(AccountStatus.LinkIsOver, (await ResetAsync(identity, first)).Status);

        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { Password = "set by an admin" }, null, TestIdentity.From());
        Assert.Equal(AccountStatus.LinkIsOver, (await ResetAsync(identity, second)).Status);

        identity.Time.Advance(TimeSpan.FromMinutes(2));
        await ForgetAsync(identity, "ada@example.com");
        var third = await identity.LinkAsync();
        identity.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(AccountStatus.LinkIsOver, (await ResetAsync(identity, third)).Status);
    }

    /// <summary>Whether the address is known shows in nothing that whoever asks can see: neither answer nor a write that only one of them costs.</summary>
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ForgotPassword_UnknownAddress_CostsAWriteAndSendsNothing(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");

        await ForgetAsync(identity, "nobody@example.com");
        await ForgetAsync(identity, "ada@example.com");
        await identity.SendMailAsync();

        Assert.Equal("ada@example.com", Assert.Single(identity.Mails()).To);
        Assert.Equal(2, (await identity.AuditAsync()).Count(static row => row.Action == "auth.forgot_password"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ChangeEmail_LinkFollowed_ReplacesTheAddress(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");

        Assert.Equal(AccountStatus.Done, (await ChangeEmailAsync("new@example.com")).Status);
        Assert.Equal("ada@example.com", (await identity.Accounts.FindAsync(account.Id))!.Email);
        var secret = await identity.LinkAsync();
        Assert.Equal("new@example.com", identity.Mails()[^1].To);
        Assert.Equal("new@example.com", (await identity.Get<Registration>().VerifyEmailAsync(secret, TestIdentity.From())).Account!.Email);

        Task<AccountResult> ChangeEmailAsync(string email) =>
            identity.Get<OwnAccount>().ChangeEmailAsync(account.Id, Password, TestIdentity.Email(email), TestIdentity.From().As(account.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ChangeEmail_AddressTakenMeanwhile_IsRefusedWhenTheLinkIsFollowed(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        await identity.Get<OwnAccount>().ChangeEmailAsync(account.Id, Password, TestIdentity.Email("bob@example.com"), TestIdentity.From().As(account.Id));
        var secret = await identity.LinkAsync();
        await identity.AddAsync("bob@example.com");

        Assert.Equal(AccountStatus.EmailTaken, (await identity.Get<Registration>().VerifyEmailAsync(secret, TestIdentity.From())).Status);
        Assert.Equal("ada@example.com", (await identity.Accounts.FindAsync(account.Id))!.Email);
    }

    private static Task ForgetAsync(TestIdentity identity, string email) => identity.Get<OwnAccount>().ForgotPasswordAsync(TestIdentity.Email(email), TestIdentity.From());

    private static Task<AccountResult> ResetAsync(TestIdentity identity, string secret) =>
        identity.Get<OwnAccount>().ResetPasswordAsync(secret, "a better password", TestIdentity.From());
}
