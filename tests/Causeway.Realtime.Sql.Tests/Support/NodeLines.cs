namespace Causeway.Realtime.Sql.Tests;

/// <summary>What nodes hear each other over.</summary>
public enum BackplaneHome
{
    Postgres,
    RabbitMq,
}

/// <summary>Where the nodes of one cluster find their database and each other.</summary>
/// <param name="Home">What they hear each other over.</param>
/// <param name="Database">The connection string.</param>
/// <param name="Broker">The broker's address; null without one.</param>
/// <param name="Exchange">One of the cluster's own.</param>
internal sealed record NodeLines(BackplaneHome Home, string Database, string? Broker, string Exchange)
{
    public static async Task<NodeLines> NewAsync(BackplaneHome home, PostgresServer? postgres = null, RabbitBroker? broker = null)
    {
        LogServer.NeedPostgres();
        LogServer.Need(home == BackplaneHome.RabbitMq ? RabbitBroker.Missing : null);
        return new NodeLines(
            home, await (postgres ?? await PostgresServer.SharedAsync()).CreateDatabaseAsync(),
            home == BackplaneHome.RabbitMq ? (broker ?? await RabbitBroker.SharedAsync()).Url : null, $"test-{Guid.NewGuid():N}");
    }

    /// <summary>A line to what the nodes hear each other over, which a test may cut.</summary>
    public async Task<TcpProxy> LineAsync() => Home == BackplaneHome.RabbitMq
        ? TcpProxy.Start((await RabbitBroker.SharedAsync()).Port)
        : TcpProxy.Start((await PostgresServer.SharedAsync()).EndPoint);

    /// <summary>The same over that line.</summary>
    public async Task<NodeLines> OverAsync(TcpProxy line) => Home == BackplaneHome.RabbitMq
        ? this with { Broker = (await RabbitBroker.SharedAsync()).Over(line) }
        : this with { Database = PostgresServer.Over(line, Database) };
}
