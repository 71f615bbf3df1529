using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class AccountsTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Create_WithoutPassword_InvitesItsOwner(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        var result = await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("ada@example.com"), "Ada", null, ["user"]), TestIdentity.From());

        Assert.False(result.Account!.HasPassword);
        var secret = await identity.LinkAsync();
        Assert.Equal("An account was made for you", identity.Mails()[^1].Subject);
        Assert.Equal(AccountStatus.Done, (await identity.Get<OwnAccount>().ResetPasswordAsync(secret, "my own password", TestIdentity.From())).Status);
        await identity.LogInAsync("ada@example.com", "my own password");
        Assert.NotNull((await identity.Accounts.FindAsync(result.Account.Id))!.EmailVerifiedAt);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Create_TakenAddressOrUnknownRole_IsRefused(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.AddAsync("ada@example.com");

        Assert.Equal(AccountStatus.EmailTaken, (await CreateAsync("ADA@example.com")).Status);
        var unknown = await CreateAsync("bob@example.com", "user", "wizard");

        Assert.Equal(AccountStatus.UnknownRoles, unknown.Status);
        Assert.Equal(["wizard"], unknown.UnknownRoles!);
        Assert.Null(await identity.Accounts.FindAsync(TestIdentity.Email("bob@example.com")));

        Task<AccountResult> CreateAsync(string email, params string[] roles) =>
            identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email(email), null, "correct horse battery", roles), TestIdentity.From());
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Create_TextThatIsSql_IsText(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        const string Name = "Robert'); DROP TABLE users; --";

        var result = await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email("o'neil'--@example.com"), Name, "'; DELETE FROM users; --", []), TestIdentity.From());

        Assert.Equal(Name, (await identity.Accounts.FindAsync(result.Account!.Id))!.Name);
        Assert.Equal(LogInStatus.Refused, (await identity.LogIn.TryAsync(TestIdentity.Email("x'or'1'='1@example.com"), "' OR '1'='1", TestIdentity.Client())).Status);
        await identity.LogInAsync("o'neil'--@example.com", "'; DELETE FROM users; --");
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_OtherVersionThanRead_ChangesNothing(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var first = await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { SetsName = true, Name = "Ada" }, account.Version, TestIdentity.From());

        var second = await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { SetsName = true, Name = "Eve" }, account.Version, TestIdentity.From());

        Assert.Equal((AccountStatus.Done, AccountStatus.OtherVersion), (first.Status, second.Status));
        Assert.Equal("Ada", (await identity.Accounts.FindAsync(account.Id))!.Name);
        Assert.Equal(account.Version + 1, first.Account!.Version);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_FiftyAtOnceOnOneVersion_OneIsDone(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            identity.Accounts.UpdateAsync(account.Id, new AccountChanges { SetsName = true, Name = $"Ada {i}" }, account.Version, TestIdentity.From())));

        Assert.Single(results, static result => result.Status == AccountStatus.Done);
        Assert.Equal(49, results.Count(static result => result.Status == AccountStatus.OtherVersion));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_Disabled_NothingOfItLetsInAnyMore(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        var account = await identity.AddAsync("ada@example.com", roles: "admin");
        var tokens = await identity.LogInAsync("ada@example.com");
        var key = await identity.Get<ApiKeys>().CreateAsync("ci", new PermissionSet(["users:read"]), account.Id, null, TestIdentity.From());
        Assert.True(await other.LetsInAsync(tokens.AccessToken!));
        Assert.True(await other.LetsInAsync(key.Secret.Text));

        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { IsDisabled = true }, null, TestIdentity.From());
        await other.Feed.PollAsync();

        foreach (var node in new[] { identity, other })
        {
            Assert.False(await node.LetsInAsync(tokens.AccessToken!));
            Assert.False(await node.LetsInAsync(key.Secret.Text));
        }

        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { IsDisabled = false }, null, TestIdentity.From());
        Assert.False(await identity.LetsInAsync(tokens.AccessToken!));
        Assert.True(await identity.LetsInAsync(key.Secret.Text));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_Roles_CountForTheNextLookOfATokenThatIsOld(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com", roles: "user");
        var token = (await identity.LogInAsync("ada@example.com")).AccessToken!;
        var before = (await identity.Credentials.FindAsync(token, null))!;

        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { Roles = ["admin"] }, null, TestIdentity.From());

        Assert.False(before.Permissions.IsEverything);
        Assert.True((await identity.Credentials.FindAsync(token, null))!.Permissions.IsEverything);
        Assert.True((await identity.Credentials.LookAgainAsync(before))!.Permissions.IsEverything);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Delete_Account_IsGoneWithAllThatLetItIn(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var account = await identity.AddAsync("ada@example.com");
        var tokens = await identity.LogInAsync("ada@example.com");
        var key = await identity.Get<ApiKeys>().CreateAsync("ci", PermissionSet.None, account.Id, null, TestIdentity.From());
        Assert.True(await identity.LetsInAsync(key.Secret.Text));

        Assert.Equal(AccountStatus.OtherVersion, (await identity.Accounts.DeleteAsync(account.Id, 7, TestIdentity.From())).Status);
        Assert.Equal(AccountStatus.Done, (await identity.Accounts.DeleteAsync(account.Id, account.Version, TestIdentity.From())).Status);

        Assert.Equal(AccountStatus.NotFound, (await identity.Accounts.DeleteAsync(account.Id, null, TestIdentity.From())).Status);
        Assert.False(await identity.LetsInAsync(tokens.AccessToken!));
        Assert.False(await identity.LetsInAsync(key.Secret.Text));
        Assert.Equal(RefreshStatus.Refused, (await identity.Sessions.RefreshAsync(tokens.RefreshToken, TestIdentity.Client())).Status);
        Assert.Equal(LogInStatus.Refused, (await identity.LogIn.TryAsync(TestIdentity.Email("ada@example.com"), "correct horse battery", TestIdentity.Client())).Status);
        Assert.Contains(await identity.AuditAsync(), row => row.Action == "user.delete" && row.Target == "user:" + account.Id);
    }
}
