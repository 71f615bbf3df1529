namespace Causeway.Realtime.Sql.Tests;

/// <summary>Leases in the database, without nodes that would be quicker than the test.</summary>
public sealed class ClusterStoreTests
{
    private static readonly RoomId Room = RoomId.Parse("log:a", null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RenewAsync_NodeThatFoundASilentOneEnds_AnotherFindsItToo()
    {
        await using var server = await LogServer.StartAsync(LogHome.Postgres);
        var store = await StartAsync(server);

        // "a" ends here, or its answer is lost: nobody has heard of it.
        Assert.Equal(["silent"], Names((await RenewAsync(store, "a")).Gone));
        var found = await RenewAsync(store, "b");

        Assert.Equal(["silent"], Names(found.Gone));
        Assert.Empty(found.TakenOut);
    }

    [Fact]
    public async Task RenewAsync_AllWereTold_TakesTheNodeOutOnceWithWhoWasOnIt()
    {
        await using var server = await LogServer.StartAsync(LogHome.Postgres);
        var store = await StartAsync(server);

        var first = await RenewAsync(store, "a", "silent");
        var second = await RenewAsync(store, "b", "silent");

        Assert.Equal((true, true), (first.IsHeld, second.IsHeld));
        Assert.Equal(["silent"], Names(first.TakenOut));
        Assert.Empty(first.Gone.Concat(second.Gone).Concat(second.TakenOut));
        Assert.Empty(await server.Database.QueryAsync<string>("SELECT user_id FROM node_presence", null, Token));
    }

    [Fact]
    public async Task RenewAsync_NodeThatIsAlive_IsNotTakenOut()
    {
        await using var server = await LogServer.StartAsync(LogHome.Postgres);
        var store = await StartAsync(server);

        var renewal = await RenewAsync(store, "a", "b");

        Assert.Empty(renewal.TakenOut);
        Assert.True((await RenewAsync(store, "b")).IsHeld);
    }

    [Fact]
    public async Task RenewAsync_LeaseThatIsOver_IsNotHeldThoughNobodyTookItOut()
    {
        await using var server = await LogServer.StartAsync(LogHome.Postgres);
        var store = await StartAsync(server);

        Assert.False((await RenewAsync(store, "silent")).IsHeld);
    }

    /// <summary>As a SIGSTOP between two of its statements does it.</summary>
    [Fact]
    public async Task RenewAsync_NodeFrozenWhileItTakesAnotherOut_BothAreTakenOutByTheNext()
    {
        await using var server = await LogServer.StartAsync(LogHome.Postgres);
        var store = await StartAsync(server);
        using var frozen = new Frozen();
        await server.Database.ExecuteAsync("UPDATE nodes SET lease_until = now() - interval '1 second' WHERE node = 'a'", null, Token);

        var renewal = new SqlClusterStore(server.Database, TimeSpan.FromSeconds(60), frozen).RenewAsync(new NodeReport("a", "host-a", 0), isNew: true, ["silent"], Token);
        await frozen.Stands.Within();
        var taken = new List<string>();
        await Eventually.True(async () =>
        {
            taken.AddRange(Names((await RenewAsync(store, "b", "silent", "a")).TakenOut));
            return taken.Count >= 2;
        });

        Assert.Equal(["a", "silent"], taken.Order(StringComparer.Ordinal));
        frozen.GoOn();
        await Assert.ThrowsAsync<RoomLogUnavailableException>(() => renewal.Within());
    }

    /// <summary>Two nodes that are alive, and one that is silent, with somebody on it.</summary>
    private static async Task<SqlClusterStore> StartAsync(LogServer server)
    {
        var store = new SqlClusterStore(server.Database, TimeSpan.FromSeconds(60));
        foreach (var node in (string[])["a", "b", "silent"])
        {
            await store.RenewAsync(new NodeReport(node, $"host-{node}", 0), isNew: true, [], Token);
        }

        Assert.True(await store.WritePresenceAsync("silent", [new NodePresence("silent", Room, "ann", null, 1, 1)], Token));
        await server.Database.ExecuteAsync("UPDATE nodes SET lease_until = now() - interval '1 second' WHERE node = 'silent'", null, Token);
        return store;
    }

    private static Task<LeaseRenewal> RenewAsync(SqlClusterStore store, string node, params string[] told) => store.RenewAsync(new NodeReport(node, $"host-{node}", 0), isNew: false, told, Token);

    private static string[] Names(IReadOnlyList<GoneNode> nodes) => [.. nodes.Select(static node => node.Node)];

    private sealed class Frozen : ILostNodeFollower, IDisposable
    {
        private readonly SemaphoreSlim _goOn = new(0);
        private readonly TaskCompletionSource _stands = new();

        public Task Stands => _stands.Task;

        public void GoOn() => _goOn.Release();

        public async Task FollowAsync(UnitOfWork unit, IReadOnlyList<GoneNode> nodes, CancellationToken cancellationToken)
        {
            _stands.SetResult();
            await _goOn.WaitAsync(cancellationToken);
        }

        public void Dispose() => _goOn.Dispose();
    }
}
