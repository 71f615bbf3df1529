using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class RolesTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task List_NewDatabase_HasTheTwoOfTheService(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        var roles = await identity.Get<Roles>().ListAsync();

        Assert.Equal(["admin", "user"], roles.Select(static role => role.Name));
        Assert.True(roles[0].Permissions.IsEverything);
        Assert.Empty(roles[1].Permissions);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Put_RoleOfSomebody_ChangesWhatTheyMayOnEveryNode(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await using var other = await identity.AnotherAsync();
        Assert.Equal(RoleStatus.Created, (await PutAsync(identity, "editor", "rooms:write")).Status);
        await identity.AddAsync("ada@example.com", roles: ["user", "editor"]);
        var token = (await identity.LogInAsync("ada@example.com")).AccessToken!;
        Assert.True((await other.Credentials.FindAsync(token, null))!.Permissions.Allows("rooms:write"));

        Assert.Equal(RoleStatus.Changed, (await PutAsync(identity, "editor", "files:read")).Status);
        await other.Feed.PollAsync();

        foreach (var node in new[] { identity, other })
        {
            Assert.Equal(["files:read"], (await node.Credentials.FindAsync(token, null))!.Permissions);
        }
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Put_OtherVersion_ChangesNothing(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await PutAsync(identity, "editor", "rooms:write");

        var result = await identity.Get<Roles>().PutAsync("editor", null, PermissionSet.None, 7, TestIdentity.From());
        var missing = await identity.Get<Roles>().PutAsync("nobody", null, PermissionSet.None, 1, TestIdentity.From());

        Assert.Equal((RoleStatus.OtherVersion, RoleStatus.NotFound), (result.Status, missing.Status));
        Assert.Equal(["rooms:write"], (await identity.Get<Roles>().FindAsync("editor"))!.Permissions);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Put_Admin_StaysAsItIs(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        Assert.Equal(RoleStatus.BuiltIn, (await PutAsync(identity, "admin", "users:read")).Status);
        Assert.Equal(RoleStatus.BuiltIn, (await identity.Get<Roles>().DeleteAsync("user", null, TestIdentity.From())).Status);
        Assert.Equal(RoleStatus.Changed, (await PutAsync(identity, "user", "publish:lobby")).Status);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Delete_RoleThatAccountsHave_SaysHowMany(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await PutAsync(identity, "ed_tor", "rooms:write");
        await PutAsync(identity, "editor", "rooms:write");
        var account = await identity.AddAsync("ada@example.com", roles: ["editor"]);

        Assert.Equal(new RoleResult(RoleStatus.InUse, Users: 1), await identity.Get<Roles>().DeleteAsync("editor", null, TestIdentity.From()));

        // A name that would match as a pattern is not in use.
        Assert.Equal(RoleStatus.Changed, (await identity.Get<Roles>().DeleteAsync("ed_tor", null, TestIdentity.From())).Status);
        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { Roles = [] }, null, TestIdentity.From());
        Assert.Equal(RoleStatus.Changed, (await identity.Get<Roles>().DeleteAsync("editor", 1, TestIdentity.From())).Status);
        Assert.Equal(RoleStatus.NotFound, (await identity.Get<Roles>().DeleteAsync("editor", null, TestIdentity.From())).Status);
    }

    private static Task<RoleResult> PutAsync(TestIdentity identity, string name, params string[] permissions) =>
        identity.Get<Roles>().PutAsync(name, null, new PermissionSet(permissions), null, TestIdentity.From());
}
