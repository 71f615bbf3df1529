namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>Some nodes on the tests' broker, with an exchange of their own.</summary>
internal sealed class Nodes : IAsyncDisposable
{
    private readonly List<Node> _nodes = [];

    private readonly TimeProvider? _time;

    private Nodes(RabbitBroker broker, TimeProvider? time) => (Broker, _time) = (broker, time);

    public RabbitBroker Broker { get; }

    public string Exchange { get; } = $"test-{Guid.NewGuid():N}";

    public Node this[int index] => _nodes[index];

    /// <param name="count">How many.</param>
    /// <param name="broker">Null for the shared one.</param>
    /// <param name="time">Theirs; null for the real one.</param>
    public static async Task<Nodes> StartAsync(int count, RabbitBroker? broker = null, TimeProvider? time = null)
    {
        Node.NeedRabbit();
        var nodes = new Nodes(broker ?? await RabbitBroker.SharedAsync(), time);
        for (var n = 0; n < count; n++)
        {
            nodes._nodes.Add(await nodes.AnotherAsync());
        }

        return nodes;
    }

    /// <summary>One more, whose end is the caller's.</summary>
    /// <param name="line">A line to the broker; null for none between.</param>
    /// <param name="maxQueueBytes">What the broker keeps for it; null for the default.</param>
    public Task<Node> AnotherAsync(TcpProxy? line = null, int? maxQueueBytes = null) => Node.StartAsync(line is null ? Broker.Url : Broker.Over(line), Exchange, maxQueueBytes, _time);

    /// <summary>The same without waiting for it to hear anybody.</summary>
    public Node Begin(string url) => Node.Begin(url, Exchange, time: _time);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }
}
