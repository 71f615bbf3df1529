using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class ApiKeysTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Find_KeyOfAnOwner_MayWhatBothMay(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.Get<Roles>().PutAsync("editor", null, new PermissionSet(["rooms:*", "users:read"]), null, TestIdentity.From());
        var owner = await identity.AddAsync("ada@example.com", roles: ["editor"]);
        var (key, secret) = await CreateAsync(identity, owner.Id, "rooms:write", "users:*");

        var access = (await identity.Credentials.FindAsync(secret.Text, "203.0.113.9"))!;
        Assert.Equal(["rooms:write", "users:read"], access.Permissions);
        Assert.Equal(("key:" + key.Id, null, AccessKind.ApiKey), (access.Principal, access.UserId, access.Kind));

        // The owner loses something, and so does the key.
        await identity.Get<Roles>().PutAsync("editor", null, new PermissionSet(["rooms:read"]), null, TestIdentity.From());
        Assert.Empty((await identity.Credentials.FindAsync(secret.Text, null))!.Permissions);
        Assert.Empty((await identity.Credentials.LookAgainAsync(access))!.Permissions);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_Revoked_IsVoidOnEveryNodeAndStaysSo(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        var (key, secret) = await CreateAsync(identity, null, "*");
        Assert.True(await other.LetsInAsync(secret.Text));

        var revoked = await identity.Get<ApiKeys>().UpdateAsync(key.Id, new ApiKeyChanges { Revokes = true }, key.Version, TestIdentity.From());
        await other.Feed.PollAsync();

        Assert.NotNull(revoked.Key!.RevokedAt);
        Assert.False(await identity.LetsInAsync(secret.Text));
        Assert.False(await other.LetsInAsync(secret.Text));
        await identity.Get<ApiKeys>().UpdateAsync(key.Id, new ApiKeyChanges { Name = "again" }, null, TestIdentity.From());
        Assert.False(await identity.LetsInAsync(secret.Text));
        Assert.Contains(await identity.AuditAsync(), row => row.Action == "api_key.revoke" && row.Target == "key:" + key.Id);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Find_KeyAtItsEnd_LetsNobodyIn(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var (key, secret) = await identity.Get<ApiKeys>().CreateAsync("ci", PermissionSet.Everything, null, identity.Time.GetUtcNow() + TimeSpan.FromDays(1), TestIdentity.From());
        identity.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        Assert.True(await identity.LetsInAsync(secret.Text));

        identity.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await identity.LetsInAsync(secret.Text));

        await identity.Get<ApiKeys>().UpdateAsync(key.Id, new ApiKeyChanges { SetsExpiry = true }, null, TestIdentity.From());
        Assert.True(await identity.LetsInAsync(secret.Text));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Find_RightPrefixOtherSecret_LetsNobodyIn(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var (_, secret) = await CreateAsync(identity, null, "*");
        var other = ApiKeySecret.Create();
        await identity.Database.ExecuteAsync("UPDATE api_keys SET hash = @hash", new { hash = other.Hash() });

        Assert.False(await identity.LetsInAsync(secret.Text));
        Assert.False(await identity.LetsInAsync(other.Text));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Create_KeyThatWasAskedForBefore_LetsIn(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var (key, secret) = await CreateAsync(identity, null, "*");
        await identity.Get<ApiKeys>().DeleteAsync(key.Id, null, TestIdentity.From());
        Assert.False(await identity.LetsInAsync(secret.Text));
        Assert.Equal(ApiKeyStatus.NotFound, (await identity.Get<ApiKeys>().DeleteAsync(key.Id, null, TestIdentity.From())).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Flush_UsedKey_SaysWhenAndFromWhere(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var (key, secret) = await CreateAsync(identity, null, "*");
        Assert.Null((await identity.Get<ApiKeys>().FindAsync(key.Id))!.LastUsedAt);

        await identity.Credentials.FindAsync(secret.Text, "203.0.113.9");
        await identity.Get<IdentityUpkeep>().FlushAsync();

        var used = (await identity.Get<ApiKeys>().FindAsync(key.Id))!;
        Assert.Equal((identity.Time.GetUtcNow(), "203.0.113.9", key.Version), (used.LastUsedAt, used.LastUsedAddress, used.Version));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Create_Key_KeepsNothingOfItsSecret(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var (_, secret) = await CreateAsync(identity, null, "*");
        var row = (await identity.Database.QueryAsync<string>("SELECT prefix || hash || name || scopes FROM api_keys"))[0];

        Assert.DoesNotContain(secret.Text[17..], row, StringComparison.Ordinal);
        Assert.DoesNotContain(await identity.AuditAsync(), entry => entry.Details?.Contains(secret.Text[17..], StringComparison.Ordinal) == true);
    }

    private static Task<(ApiKey Key, ApiKeySecret Secret)> CreateAsync(TestIdentity identity, string? owner, params string[] scopes) =>
        identity.Get<ApiKeys>().CreateAsync("ci", new PermissionSet(scopes), owner, null, TestIdentity.From());
}
