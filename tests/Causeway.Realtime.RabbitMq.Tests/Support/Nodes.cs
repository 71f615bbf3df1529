namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>Some nodes on the tests' broker, with an exchange of their own.</summary>
internal sealed class Nodes : IAsyncDisposable
{
    private readonly List<Node> _nodes = [];

    private Nodes(RabbitBroker broker) => Broker = broker;

    public RabbitBroker Broker { get; }

    public string Exchange { get; } = $"test-{Guid.NewGuid():N}";

    public Node this[int index] => _nodes[index];

    public static async Task<Nodes> StartAsync(int count, RabbitBroker? broker = null)
    {
        Node.NeedRabbit();
        var nodes = new Nodes(broker ?? await RabbitBroker.SharedAsync());
        for (var n = 0; n < count; n++)
        {
            nodes._nodes.Add(await nodes.AnotherAsync());
        }

        return nodes;
    }

    /// <summary>One more, whose end is the caller's.</summary>
    /// <param name="line">A line to the broker; null for none between.</param>
    /// <param name="maxQueueBytes">What the broker keeps for it; null for the default.</param>
    public Task<Node> AnotherAsync(TcpProxy? line = null, int? maxQueueBytes = null) => Node.StartAsync(line is null ? Broker.Url : Broker.Over(line), Exchange, maxQueueBytes);

    /// <summary>The same without waiting for it to hear anybody.</summary>
    public Node Begin(string url) => Node.Begin(url, Exchange);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }
}
