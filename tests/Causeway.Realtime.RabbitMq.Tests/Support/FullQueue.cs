using RabbitMQ.Client;

namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>A queue that somebody else has bound to the nodes' exchange, and that takes no more: the broker answers each message that would come to it with a refusal. Gone when it is disposed.</summary>
internal sealed class FullQueue : IAsyncDisposable
{
    private readonly IConnection _connection;

    private FullQueue(IConnection connection) => _connection = connection;

    public static async Task<FullQueue> BindAsync(Nodes nodes)
    {
        var queue = new FullQueue(await new ConnectionFactory { Uri = new Uri(nodes.Broker.Url) }.CreateConnectionAsync());
        var channel = await queue._connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var declared = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" });
        await channel.BasicPublishAsync("", declared.QueueName, "full"u8.ToArray());
        await channel.QueueBindAsync(declared.QueueName, nodes.Exchange, "#");
        return queue;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
