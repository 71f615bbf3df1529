using Causeway.Data;

namespace Causeway.Identity.Tests;

[Collection("databases")]
public sealed class AuditLogTests
{
    /// <summary>Append-only is not a promise of the code alone: the tables refuse it too, whoever has the connection.</summary>
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Update_OrDeleteOfAFreshEntry_IsRefusedByTheDatabase(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);
        await identity.Get<AuditLog>().WriteAsync(new AuditEntry("test.act", AuditOutcome.Success, TestIdentity.From(), "thing:1"));
        await identity.Database.ExecuteAsync("INSERT INTO audit_log (id, at, actor, action, outcome) VALUES ('f', @at, 'a', 'b', 'success')", new { at = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() });

        await Assert.ThrowsAnyAsync<Exception>(() => identity.Database.ExecuteAsync("UPDATE audit_log SET actor = 'somebody else'"));
        await Assert.ThrowsAnyAsync<Exception>(() => identity.Database.ExecuteAsync("DELETE FROM audit_log WHERE id = 'f'"));

        Assert.Equal(["anonymous", "a"], (await identity.AuditAsync()).Select(static row => row.Actor));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task CleanUp_EntriesBeyondTheRetention_AreDeletedAndOthersStay(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider, static options => options.AuditRetention = TimeSpan.FromDays(30));
        await identity.Get<AuditLog>().WriteAsync(new AuditEntry("test.old", AuditOutcome.Success, TestIdentity.From()));
        identity.Time.Advance(TimeSpan.FromDays(20));
        await identity.Get<AuditLog>().WriteAsync(new AuditEntry("test.new", AuditOutcome.Success, TestIdentity.From()));
        identity.Time.Advance(TimeSpan.FromDays(11));

        await identity.Get<IdentityUpkeep>().CleanUpAsync();

        Assert.Equal("test.new", Assert.Single(await identity.AuditAsync()).Action);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Write_InATransactionThatFails_IsNotWritten(DatabaseProvider provider)
    {
        await using var identity = await TestIdentity.CreateAsync(provider);

        await Assert.ThrowsAsync<InvalidOperationException>(() => identity.Database.WriteAsync(async (unit, token) =>
        {
            await identity.Get<AuditLog>().WriteAsync(unit, new AuditEntry("test.act", AuditOutcome.Success, TestIdentity.From()), token);
            throw new InvalidOperationException("on purpose");
        }));

        Assert.Empty(await identity.AuditAsync());
    }

    [Fact]
    public async Task NoteRefusal_MoreThanCanBeKept_DropsAndGoesOn()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);
        var audit = identity.Get<AuditLog>();
        for (var i = 0; i < 1_500; i++)
        {
            audit.NoteRefusal(new AuditEntry("auth.login", AuditOutcome.Refused, TestIdentity.From($"203.0.113.{i}")));
        }

        await audit.FlushAsync();
        audit.NoteRefusal(new AuditEntry("auth.login", AuditOutcome.Refused, TestIdentity.From("198.51.100.1")));
        await audit.FlushAsync();

        Assert.Equal(1_001, (await identity.AuditAsync()).Count);
    }

    [Fact]
    public async Task NoteRefusal_FromManyThreads_CountsEachOnce()
    {
        await using var identity = await TestIdentity.CreateAsync(DatabaseProvider.Sqlite);
        var audit = identity.Get<AuditLog>();
        var entry = new AuditEntry("auth.login", AuditOutcome.Refused, TestIdentity.From());
        var noting = Task.Run(() => Parallel.For(0, 10_000, _ => audit.NoteRefusal(entry)));
        while (!noting.IsCompleted)
        {
            await audit.FlushAsync();
        }

        await noting;
        await audit.FlushAsync();

        Assert.Equal(10_000, (await identity.AuditAsync()).Sum(static row => row.Details is null ? 1 : System.Text.Json.JsonDocument.Parse(row.Details).RootElement.GetProperty("count").GetInt32()));
    }
}
