using System.Text.Json;
using Causeway.Data;

namespace Causeway.Identity.Tests;

/// <summary>What somebody may do later, by what was written down when they asked.</summary>
[Collection("databases")]
public sealed class AccessNoteTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task LookAgain_Account_CountsByWhatItMayNowAndWithoutItsSession(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.Get<Roles>().PutAsync("editor", null, new PermissionSet(["users:read"]), null, TestIdentity.From());
        var account = await identity.AddAsync("ada@example.com", roles: ["editor"]);
        var tokens = await identity.LogInAsync("ada@example.com");
        var note = await NoteAsync(identity, tokens.AccessToken!);
        await identity.Sessions.EndAsync(account.Id, tokens.SessionId, TestIdentity.From());
        Assert.False(await identity.LetsInAsync(tokens.AccessToken!));

        var access = (await identity.Credentials.LookAgainAsync(note))!;
        Assert.Equal(("user:" + account.Id, account.Id, null), (access.Principal, access.UserId, access.SessionId));
        Assert.Equal(["users:read"], access.Permissions);

        await identity.Get<Roles>().PutAsync("editor", null, new PermissionSet(["rooms:read"]), null, TestIdentity.From());
        Assert.Equal(["rooms:read"], (await identity.Credentials.LookAgainAsync(note))!.Permissions);
        await identity.Accounts.UpdateAsync(account.Id, new AccountChanges { IsDisabled = true }, null, TestIdentity.From());
        Assert.Null(await identity.Credentials.LookAgainAsync(note));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task LookAgain_ApiKey_CountsUntilItIsRevoked(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        var keys = identity.Get<ApiKeys>();
        var (key, secret) = await identity.Database.WriteAsync((unit, token) => keys.CreateAsync(unit, "exporter", new PermissionSet(["users:read"]), null, null, TestIdentity.From(), token));
        var note = await NoteAsync(identity, secret.Text);
        Assert.DoesNotContain(secret.Text, JsonSerializer.Serialize(note), StringComparison.Ordinal);

        Assert.Equal(["users:read"], (await identity.Credentials.LookAgainAsync(note))!.Permissions);
        Assert.Null(await identity.Credentials.LookAgainAsync(note with { Principal = "key:another" }));

        await keys.UpdateAsync(key.Id, new ApiKeyChanges { Revokes = true }, key.Version, TestIdentity.From());
        Assert.Null(await identity.Credentials.LookAgainAsync(note));
    }

    [Fact]
    public async Task LookAgain_TokenOfAnotherSystem_StandsForItselfUntilItEnds()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);
        var note = await NoteAsync(identity, identity.Get<AccessTokens>().Issue("ada", "Ada", ["editor"], ["users:read"], TimeSpan.FromMinutes(5)));

        var access = (await identity.Credentials.LookAgainAsync(note))!;
        Assert.Equal((AccessKind.ForeignToken, "user:ada", "ada", "Ada"), (access.Kind, access.Principal, access.UserId, access.Name));
        Assert.Equal(["users:read"], access.Permissions);
        Assert.Equal(["editor"], access.Roles);

        identity.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await identity.Credentials.LookAgainAsync(note));
    }

    /// <summary>As it comes out of a database.</summary>
    private static async Task<AccessNote> NoteAsync(TestIdentity identity, string token) =>
        JsonSerializer.Deserialize<AccessNote>(JsonSerializer.Serialize(AccessNote.Of((await identity.Credentials.FindAsync(token, null))!)))!;
}
