using System.Diagnostics.Metrics;
using Causeway.Data;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Accounts;

/// <summary>F10: the names of many users are one query, and are what they are called now.</summary>
public sealed class UserNamesTests
{
    [Fact]
    public async Task Find_BurstOfUsers_IsOneQueryAndNoneTheNextTime()
    {
        await using var server = await StartAsync();
        var users = await AddAsync(server, 40);
        using var measured = new MeasuredBatches();
        var time = new ManualTime();
        await using var names = new UserNames(server.App.Services.GetRequiredService<Causeway.Identity.Accounts>(), server.App.Services.GetRequiredService<AccessChanges>(), time, measured.Meters);

        // Each twice: as two messages of one user.
        var asked = users.Concat(users).Select(user => names.FindAsync(user.Id, TestContext.Current.CancellationToken).AsTask()).ToList();
        time.Advance(TimeSpan.FromMilliseconds(2));
        var found = await Task.WhenAll(asked).Within();
        var again = await names.FindAsync(users.Select(static user => user.Id), TestContext.Current.CancellationToken);

        Assert.Equal(users.Concat(users).Select(static user => user.Name), found);
        Assert.Equal([40], measured.Sizes);
        Assert.Equal(users.Select(static user => user.Name).Order(StringComparer.Ordinal), again.Values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Find_NameChanged_IsTheNewOne()
    {
        await using var server = await StartAsync();
        var (id, name) = (await AddAsync(server, 1))[0];
        var names = server.App.Services.GetRequiredService<UserNames>();
        Assert.Equal(name, await names.FindAsync(id, TestContext.Current.CancellationToken));

        (await server.PatchAsync("/api/v1/users/" + id, """{"name":"Grace"}""")).AssertStatus(200);

        Assert.Equal("Grace", await names.FindAsync(id, TestContext.Current.CancellationToken));
        (await server.DeleteAsync("/api/v1/users/" + id)).AssertStatus(204);
        Assert.Null(await names.FindAsync(id, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("00000000-0000-7000-8000-000000000000")]
    public async Task Find_NobodysId_IsNull(string id)
    {
        await using var server = await StartAsync();

        Assert.Null(await server.App.Services.GetRequiredService<UserNames>().FindAsync(id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Find_DatabaseGone_IsNullAndNoFailure()
    {
        await using var server = await StartAsync();
        var id = (await AddAsync(server, 1))[0].Id;
        await server.App.Services.GetRequiredService<Database>().DisposeAsync();

        Assert.Null(await server.App.Services.GetRequiredService<UserNames>().FindAsync(id, TestContext.Current.CancellationToken));
    }

    /// <summary>A backend that signs tokens for accounts need not know what they are called.</summary>
    [Fact]
    public async Task Publish_TokenWithoutAName_IsFromTheAccountsName()
    {
        await using var server = await StartAsync();
        var users = await AddAsync(server, 8);
        await using var member = await server.ConnectAsync();
        await member.JoinAsync("lobby");

        await Task.WhenAll(users.Select(async user => (await server.PostAsync("/api/v1/rooms/lobby/messages", """{"type":"chat"}""", TokenOf(server, user.Id))).AssertStatus(201)));

        var seen = new List<string?>();
        for (var i = 0; i < users.Count; i++)
        {
            seen.Add((await member.NextAsync("chat")).Json.GetProperty("from").GetProperty("name").GetString());
        }

        Assert.Equal(users.Select(static user => user.Name).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        await using var live = await server.ConnectAsync(TokenOf(server, users[0].Id));
        await live.JoinAsync("lobby");
        Assert.Equal(users[0].Name, (await member.NextAsync("user_joined")).Payload.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Lists_ThatKeepIds_ShowNamesToo()
    {
        await using var server = await StartAsync();
        var users = await AddAsync(server, 2);
        (await server.PostAsync("/api/v1/rooms", $$"""{"room_id":"team:red","allowed_users":["{{users[0].Id}}","bob"]}""")).AssertStatus(201);

        var set = (await server.SendAsync(HttpMethod.Put, "/api/v1/rooms/team:red/allowed-users/" + users[1].Id, """{"role":"reader"}""")).AssertStatus(201);
        var one = (await server.GetAsync("/api/v1/rooms/team:red/allowed-users/" + users[1].Id)).AssertStatus(200);
        var all = (await server.GetAsync("/api/v1/rooms/team:red/allowed-users")).AssertStatus(200).GetProperty("items");
        (await server.GetAsync("/api/v1/auth/me", (await LogInAsync(server)).Token)).AssertStatus(200);
        var audit = (await server.GetAsync("/api/v1/audit?action=auth.login")).AssertStatus(200).GetProperty("items")[0];
        var csv = (await server.GetAsync("/api/v1/audit/export.csv?action=auth.login")).Text;

        Assert.Equal(users[1].Name, set.GetProperty("name").GetString());
        Assert.Equal(users[1].Name, one.GetProperty("name").GetString());
        Assert.Equal([users[0].Name, users[1].Name, null], all.EnumerateArray().Select(static user => user.GetProperty("name").GetString()).OrderBy(static name => name is null));
        Assert.Equal("Lin", audit.GetProperty("user_name").GetString());
        Assert.Contains(",Lin,auth.login,", csv, StringComparison.Ordinal);
    }

    private static async Task<(string Id, string Token)> LogInAsync(RunningServer server)
    {
        (await server.PostAsync("/api/v1/users", """{"email":"lin@example.com","name":"Lin","password":"correct horse battery"}""")).AssertStatus(201);
        var session = (await server.PostAsync("/api/v1/auth/login", """{"email":"lin@example.com","password":"correct horse battery"}""")).AssertStatus(200);
        return (session.GetProperty("user").GetProperty("id").GetString()!, session.GetProperty("access_token").GetString()!);
    }

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync("""{ "RateLimits": { "Enabled": false } }""");

    private static string TokenOf(RunningServer server, string userId) =>
        server.App.Services.GetRequiredService<AccessTokens>().Issue(userId, null, [], ["publish:*"], TimeSpan.FromMinutes(5));

    private static async Task<List<(string Id, string Name)>> AddAsync(RunningServer server, int count)
    {
        var accounts = server.App.Services.GetRequiredService<Causeway.Identity.Accounts>();
        var users = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            var made = await accounts.CreateAsync(new NewAccount(EmailAddress.Parse($"user-{i}@example.com", null), $"User {i}", null, [], IsEmailVerified: true), AuditOrigin.Command);
            users.Add((made.Account!.Id, made.Account.Name!));
        }

        return users;
    }

    /// <summary>Meters of a test's own, and the sizes of the batches that were counted on them.</summary>
    private sealed class MeasuredBatches : IDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly MeterListener _listener = new();

        public MeasuredBatches()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "causeway.batch.size" && instrument.Meter.Scope == Meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<int>((_, size, _, _) =>
            {
                lock (Sizes)
                {
                    Sizes.Add(size);
                }
            });
            _listener.Start();
        }

        public List<int> Sizes { get; } = [];

        public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

        public void Dispose()
        {
            _listener.Dispose();
            _services.Dispose();
        }
    }
}
