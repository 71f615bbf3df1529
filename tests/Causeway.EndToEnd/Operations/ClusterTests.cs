using System.Text.Json;
using Causeway.Testing;
using Npgsql;

namespace Causeway.EndToEnd.Operations;

/// <summary>D12: three nodes on one PostgreSQL, with a broker or without. Whatever becomes of one of them, no client misses a durable message, gets one twice or out of order.</summary>
public sealed class ClusterTests
{
    private const int Between = 50;

    private static readonly string[] Rooms = ["kept:one", "kept:two"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nodes_RestartedStoppedAndKilledUnderLoad_EveryClientEndsWithTheExactLog(bool hasBroker)
    {
        Needs.Linux();
        var database = await DatabaseAsync();
        var configuration = Configuration(database, hasBroker ? await BrokerAsync() : null);
        await using var one = await CausewayProcess.StartAsync(configuration);
        await using var two = await CausewayProcess.StartAsync(configuration);
        await using var three = await CausewayProcess.StartAsync(configuration);
        CausewayProcess[] nodes = [one, two, three];
        await using var check = new LogCheck(nodes, Rooms);
        await check.MoreAsync(Between);

        // A rolling restart.
        foreach (var node in nodes)
        {
            Assert.Equal(0, await node.StopAsync());
            await check.MoreAsync(Between);
            await node.StartAgainAsync();
        }

        await two.KillAsync();
        await check.MoreAsync(Between);
        await two.StartAgainAsync();

        // Longer than its lease: the others take it out, and it comes back.
        three.Process.Process.Send(Signal.Stop);
        await Eventually.True(async () => await NodesAsync(database) == 2, what: "the others have taken the silent one out");
        await check.MoreAsync(Between);
        three.Process.Process.Send(Signal.Continue);
        await Eventually.True(async () => await NodesAsync(database) == 3, what: "it is back");

        await check.MoreAsync(Between);
        await check.EndAsync();
    }

    [Fact]
    public async Task LinesAreCutAndDatabaseAndBrokerRestarted_UnderLoad_EveryClientEndsWithTheExactLog()
    {
        Needs.Linux();
        Needs.Postgres();
        Needs.RabbitMq();
        await using var postgres = await PostgresServer.StartAsync();
        await using var broker = await RabbitBroker.StartAsync();
        await using var toDatabase = TcpProxy.Start(postgres.EndPoint);
        await using var toBroker = TcpProxy.Start(broker.Port);
        var database = await postgres.CreateDatabaseAsync();
        var near = Configuration(database, broker.Url);
        await using var one = await CausewayProcess.StartAsync(near);
        await using var two = await CausewayProcess.StartAsync(near);
        await using var far = await CausewayProcess.StartAsync(Configuration(PostgresServer.Over(toDatabase, database), broker.Over(toBroker)));
        await using var check = new LogCheck([one, two, far], Rooms);
        await check.MoreAsync(Between);

        // The far node loses the broker without a word, and goes on storing.
        toBroker.Stall();
        await Eventually.True(() => toBroker.Lines > 2, what: "the node has given its two connections up and tries anew");
        await check.MoreAsync(Between);
        toBroker.Pass();
        await check.MoreAsync(Between);

        // Then the database, cut off and for longer than its lease.
        toDatabase.Stall();
        toDatabase.Reset();
        await Eventually.True(async () => await NodesAsync(database) == 2, what: "the others have taken it out");
        await check.MoreAsync(Between);
        toDatabase.Pass();
        await Eventually.True(async () => await NodesAsync(database) == 3, what: "it is back");

        await broker.KillAsync();
        await check.MoreAsync(Between);
        await broker.StartAgainAsync();
        await postgres.KillAsync();
        await postgres.StartAgainAsync();
        await check.MoreAsync(Between);
        await check.EndAsync();
    }

    [Fact]
    public async Task Kill_ANode_ItsMembersAreGoneAfterItsLeaseAndKnownOnTheOthers()
    {
        Needs.Linux();
        var configuration = Configuration(await DatabaseAsync());
        await using var one = await CausewayProcess.StartAsync(configuration);
        await using var two = await CausewayProcess.StartAsync(configuration);
        await using var ann = await one.ConnectAsync();
        await using var bob = await two.ConnectAsync();
        await ann.JoinAsync("lobby");
        await bob.JoinAsync("lobby");

        await Eventually.Equal(2, async () => await DevicesAsync(one));
        await two.KillAsync();

        await Eventually.Equal(1, async () => await DevicesAsync(one));
    }

    // Everybody here is the local admin: one user with as many devices.
    private static async Task<int> DevicesAsync(CausewayProcess node) =>
        (await node.GetAsync("/api/v1/rooms/lobby/members")).Json.GetProperty("items").EnumerateArray().Sum(static member => member.GetProperty("devices").GetInt32());

    private static async Task<long> NodesAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM nodes", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<string> DatabaseAsync()
    {
        Needs.Postgres();
        return await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
    }

    private static async Task<string> BrokerAsync()
    {
        Needs.RabbitMq();
        return (await RabbitBroker.SharedAsync()).Url;
    }

    // A database of its own is a cluster of its own.
    private static string Exchange(string database) => new NpgsqlConnectionStringBuilder(database).Database!;

    private static string Configuration(string database, string? broker = null) => $$"""
        {
          "RateLimits": { "Enabled": false }, "Database": { "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(database)}} },
          "Realtime": {
            {{(broker is null ? "\"Backplane\": \"postgres\"" : $$"""
            "Backplane": "rabbitmq", "RabbitMq": { "Url": {{JsonSerializer.Serialize(broker)}}, "Exchange": {{JsonSerializer.Serialize(Exchange(database))}} }
            """)}}, "NodeLeaseSeconds": 3, "MessagesPerSecond": 100000,
            "Namespaces": { "kept": { "Durable": true, "History": 100000, "HistorySeconds": 86400, "Presence": false } }
          }
        }
        """;
}
