using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Causeway.Server.Tests;

/// <summary>F12: keys kept with the data they protect, for several nodes and beyond a crash, on both databases.</summary>
public sealed class DatabaseIdempotencyStoreTests
{
    private static readonly byte[] Print = [1, 2, 3];
    private static readonly byte[] OtherPrint = [9];
    private static readonly IdempotencyKey Key = new("user:1", "POST /things", "key");
    private static readonly IdempotentAnswer Answer = new(201, "application/json", "/things/1", "\"1\"", "{\"id\":1}"u8.ToArray());

    public static TheoryData<DatabaseProvider> Both => [DatabaseProvider.Sqlite, DatabaseProvider.Postgres];

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClaimAsync_AfterTheFirstCompleted_GivesItsAnswerOnEveryNode(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var (first, second) = (home.Node(), home.Node());

        Assert.Equal(IdempotencyStatus.Claimed, (await first.ClaimAsync(Key, Print, default)).Status);
        await first.CompleteAsync(Key, Answer);

        foreach (var node in new[] { first, second })
        {
            var claim = await node.ClaimAsync(Key, Print, default);
            Assert.Equal(IdempotencyStatus.Answered, claim.Status);
            Assert.Equal(Answer with { Body = default }, claim.Answer! with { Body = default });
            Assert.Equal(Answer.Body.ToArray(), claim.Answer.Body.ToArray());
            Assert.Equal(IdempotencyStatus.Mismatch, (await node.ClaimAsync(Key, OtherPrint, default)).Status);
            Assert.Equal(IdempotencyStatus.Claimed, (await node.ClaimAsync(Key with { Principal = "user:2" + node.GetHashCode() }, Print, default)).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClaimAsync_WhileTheFirstRuns_TellsAMismatchAtOnceAndElseWaits(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var (first, second) = (home.Node(), home.Node());
        await first.ClaimAsync(Key, Print, default);

        Assert.Equal(IdempotencyStatus.Mismatch, (await second.ClaimAsync(Key, OtherPrint, default).Within()).Status);
        var (here, there) = (first.ClaimAsync(Key, Print, default).AsTask(), second.ClaimAsync(Key, Print, default).AsTask());
        await first.CompleteAsync(Key, Answer);
        await home.PassAsync(TimeSpan.FromMilliseconds(200), until: () => here.IsCompleted && there.IsCompleted);

        Assert.Equal(IdempotencyStatus.Answered, (await here.Within()).Status);
        Assert.Equal(IdempotencyStatus.Answered, (await there.Within()).Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClaimAsync_TheFirstDoesNotEnd_GivesUpAfterTheWait(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var (first, second) = (home.Node(), home.Node());
        await first.ClaimAsync(Key, Print, default);

        var repeat = second.ClaimAsync(Key, Print, default).AsTask();
        await home.PassAsync(TimeSpan.FromMilliseconds(200), until: () => repeat.IsCompleted);

        Assert.Equal(IdempotencyStatus.InProgress, (await repeat.Within()).Status);
        Assert.InRange(home.Passed, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ReleaseAsync_FreesTheKeyForOneOfThoseWhoWait(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var node = home.Node();
        await node.ClaimAsync(Key, Print, default);
        var waiting = new[] { node.ClaimAsync(Key, Print, default).AsTask(), node.ClaimAsync(Key, Print, default).AsTask() };

        await node.ReleaseAsync(Key);
        await home.PassAsync(TimeSpan.FromMilliseconds(200), until: () => waiting.Any(static claim => claim.IsCompleted), asleep: Asleep);

        Assert.Equal(IdempotencyStatus.Claimed, (await (await Task.WhenAny(waiting))).Status);
        Assert.Equal(1, waiting.Count(static claim => claim.IsCompleted));
        await node.CompleteAsync(Key, Answer);
        await home.PassAsync(TimeSpan.FromMilliseconds(200), until: () => waiting.All(static claim => claim.IsCompleted), asleep: Asleep);
        Assert.Equal([IdempotencyStatus.Claimed, IdempotencyStatus.Answered], (await Task.WhenAll(waiting)).Select(static claim => claim.Status).Order());

        int Asleep() => waiting.Count(static claim => !claim.IsCompleted);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClaimAsync_OfANodeThatDied_IsFreeAfterItsLease_AndItsLateWorkIsUndone(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var (dead, other) = (home.Node(), home.Node());
        await dead.ClaimAsync(Key, Print, default);

        home.Time.Advance(DatabaseIdempotencyStore.Lease);

        Assert.Equal(IdempotencyStatus.Claimed, (await other.ClaimAsync(Key, Print, default).Within()).Status);
        var late = await Assert.ThrowsAsync<ApiErrorException>(() => home.Database.WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("INSERT INTO things (id) VALUES ('late')", cancellationToken: token);
            await dead.KeepAsync(unit, new IdempotentRequest(dead, Key), Answer, token);
        }));
        Assert.Equal(409, late.StatusCode);
        Assert.Empty(await home.ThingsAsync());
        await dead.CompleteAsync(Key, Answer with { Status = 500 });
        await other.CompleteAsync(Key, Answer);
        Assert.Equal(201, (await other.ClaimAsync(Key, Print, default)).Answer!.Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task RenewAsync_KeepsALongRequestItsKey(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var (slow, other) = (home.Node(), home.Node());
        await slow.ClaimAsync(Key, Print, default);

        for (var round = 0; round < 10; round++)
        {
            home.Time.Advance(DatabaseIdempotencyStore.Lease / 3);
            await slow.RenewAsync(default);
        }

        Assert.Equal(IdempotencyStatus.Mismatch, (await other.ClaimAsync(Key, OtherPrint, default)).Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ForgetExpiredAsync_AfterTheRetention_FreesTheKeyAndTheRoom(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var node = home.Node();
        foreach (var index in Enumerable.Range(0, 5))
        {
            await node.ClaimAsync(Key with { Key = "key" + index }, Print, default);
            await node.CompleteAsync(Key with { Key = "key" + index }, Answer);
        }

        await node.ForgetExpiredAsync(default);
        Assert.Equal(5, await home.CountAsync());
        home.Time.Advance(TimeSpan.FromHours(24));

        Assert.Equal(IdempotencyStatus.Claimed, (await node.ClaimAsync(Key with { Key = "key1" }, OtherPrint, default)).Status);
        await node.ForgetExpiredAsync(default);
        Assert.Equal(1, await home.CountAsync());
    }

    [Fact]
    public async Task ForgetAbandonedAsync_AfterACrashOnSqlite_FreesAtOnceWhatRanThen()
    {
        await using var home = await Home.CreateAsync(DatabaseProvider.Sqlite);
        await home.Node().ClaimAsync(Key, Print, default);
        var next = home.Node();

        await next.ForgetAbandonedAsync(default);

        Assert.Equal(IdempotencyStatus.Claimed, (await next.ClaimAsync(Key, Print, default).Within()).Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ClaimAsync_ByManyNodesAtOnce_IsOnesAlone(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        var nodes = Enumerable.Range(0, 8).Select(_ => home.Node()).ToList();

        var claims = nodes.Select(node => Task.Run(() => node.ClaimAsync(Key, Print, default).AsTask())).ToList();
        await home.PassAsync(TimeSpan.FromMilliseconds(200), until: () => claims.All(static claim => claim.IsCompleted));

        Assert.Equal(1, (await Task.WhenAll(claims)).Count(static claim => claim.Status == IdempotencyStatus.Claimed));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task WriteOnceAsync_LostBetweenCommitAndAnswer_IsNotDoneAgain(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        await using var app = await home.ServeAsync();

        // The first dies after the commit; its repeat gets the answer that the first one never sent.
        var lost = await PostAsync(app, "one", "?fail=after");
        var repeat = await PostAsync(app, "one", "?fail=after");
        var other = await PostAsync(app, "one", "?fail=no");

        Assert.Equal(500, (int)lost.StatusCode);
        Assert.Equal(201, (int)repeat.StatusCode);
        Assert.Equal("true", Assert.Single(repeat.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal("/things/1", repeat.Headers.Location!.ToString());
        Assert.Equal("\"v1\"", repeat.Headers.ETag!.Tag);
        Assert.Equal("""{"thing_id":"1"}""", await repeat.Content.ReadAsStringAsync());
        Assert.Equal(422, (int)other.StatusCode);
        Assert.Single(await home.ThingsAsync());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task WriteOnceAsync_FailedBeforeTheCommit_IsDoneByTheRepeat(DatabaseProvider provider)
    {
        await using var home = await Home.CreateAsync(provider);
        await using var app = await home.ServeAsync();

        var failed = await PostAsync(app, "one", "?fail=once");
        Assert.Empty(await home.ThingsAsync());
        var repeat = await PostAsync(app, "one", "?fail=once");
        var again = await PostAsync(app, "one", "?fail=once");
        var without = await PostAsync(app, null, "");

        Assert.Equal([500, 201, 201, 201], new[] { failed, repeat, again, without }.Select(static answer => (int)answer.StatusCode));
        Assert.False(repeat.Headers.Contains("Idempotency-Replayed"));
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(2, (await home.ThingsAsync()).Count);
    }

    [Fact]
    public async Task Server_CreatedTwiceUnderOneKey_RepliesFromTheDatabase_AndPublishesFromMemory()
    {
        await using var server = await RunningServer.StartAsync();
        var room = Names.Next();

        var created = await server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", null, ("Idempotency-Key", "create"));
        var repeat = await server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", null, ("Idempotency-Key", "create"));
        var published = await server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"note"}""", null, ("Idempotency-Key", "publish"));

        Assert.Equal((201, 201, 201), (created.Status, repeat.Status, published.Status));
        Assert.Equal("true", repeat.Header("Idempotency-Replayed"));
        Assert.Equal(created.Text, repeat.Text);
        var kept = await server.App.Services.GetRequiredService<Database>().QueryAsync<long>("SELECT status FROM idempotency_keys");
        Assert.Equal([201L], kept);
    }

    private static async Task<HttpResponseMessage> PostAsync(WebApplication app, string? key, string query)
    {
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = Limits.Test };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/things" + query) { Content = new StringContent("{}") };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await client.SendAsync(request);
    }

    /// <summary>A database that several nodes share, with a clock of their own.</summary>
    private sealed class Home : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly ServiceProvider _services;
        private readonly SigningKeys _keys = new(new ConfiguredSigningKeys(new SigningKeyRing([SigningKey.Create()])), TimeProvider.System);
        private int _failures;

        private Home(string? connection)
        {
            var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Time);
            services.AddDatabase(options =>
            {
                options.Provider = connection is null ? DatabaseProvider.Sqlite : DatabaseProvider.Postgres;
                options.ConnectionString = connection;
                options.SqliteFile = _directory["test.db"];
            });
            services.AddMigrations("jobs", typeof(Jobs.JobClient).Assembly);
            services.AddMigrations("server", typeof(ServerApp).Assembly);
            _services = services.BuildServiceProvider();
        }

        public ManualTime Time { get; } = new();

        public TimeSpan Passed { get; private set; }

        public Database Database => _services.GetRequiredService<Database>();

        public static async Task<Home> CreateAsync(DatabaseProvider provider)
        {
            string? connection = null;
            if (provider == DatabaseProvider.Postgres)
            {
                if (PostgresServer.Missing is { } missing)
                {
                    Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
                    Assert.Skip(missing);
                }

                connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
            }

            var home = new Home(connection);
            await home._services.GetRequiredService<Migrator>().UpAsync();
            await home.Database.ExecuteAsync("CREATE TABLE things (id text NOT NULL)");
            return home;
        }

        public DatabaseIdempotencyStore Node() => new(Database, new AnswerSeal(_keys), Options.Create(new IdempotencyOptions()), Time, NullLogger<DatabaseIdempotencyStore>.Instance);

        public Task<List<string>> ThingsAsync() => Database.QueryAsync<string>("SELECT id FROM things");

        public Task<long> CountAsync() => Database.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM idempotency_keys")!;

        /// <summary>Lets time pass in steps until something has happened.</summary>
        /// <param name="step">How much at a time.</param>
        /// <param name="until">What is waited for.</param>
        /// <param name="asleep">How many have to be asleep before time goes on: for whoever is at work it would run wild.</param>
        public Task PassAsync(TimeSpan step, Func<bool> until, Func<int>? asleep = null) => Eventually.True(async () =>
        {
            if (until() || Time.ArmedTimers < asleep?.Invoke())
            {
                return until();
            }

            Time.Advance(step);
            Passed += step;
            await Database.QueryAsync<long>("SELECT 1");
            return until();
        });

        /// <summary>An application with one endpoint, which fails as it is told.</summary>
        public async Task<WebApplication> ServeAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddApiJson();
            builder.Services.AddApiErrors();
            builder.Services.AddSingleton<IIdempotencyStore>(Node());
            builder.Services.AddIdempotency();
            var app = builder.Build();
            app.UseApiErrors();
            app.MapPost("/things", async (HttpContext context) =>
            {
                var result = await Database.WriteOnceAsync(context, async (unit, token) =>
                {
                    await unit.ExecuteAsync("INSERT INTO things (id) VALUES ('1')", cancellationToken: token);
                    if (context.Request.Query["fail"] == "once" && Interlocked.Increment(ref _failures) == 1)
                    {
                        throw new FormatException("before the commit");
                    }

                    return new KeptAnswer(201, new Made("1")) { Location = "/things/1", ETag = "\"v1\"" };
                });
                return context.Request.Query["fail"] == "after" ? throw new FormatException("after the commit") : result;
            }).WithIdempotency();
            await app.StartAsync();
            return app;
        }

        public async ValueTask DisposeAsync()
        {
            await _services.DisposeAsync();
            _directory.Dispose();
        }

        private sealed record Made(string ThingId);
    }
}
