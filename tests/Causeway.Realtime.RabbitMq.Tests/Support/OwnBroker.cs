namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>A broker that the tests of one class have to themselves, one after the other: they stop it, or have it take nothing. Each leaves it as it was.</summary>
public sealed class OwnBroker : IAsyncDisposable
{
    private RabbitBroker? _broker;

    /// <summary>Started when it is asked for first; skips the test where there is no RabbitMQ.</summary>
    public async Task<RabbitBroker> StartedAsync()
    {
        Node.NeedRabbit();
        return _broker ??= await RabbitBroker.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is { } broker)
        {
            await broker.DisposeAsync();
        }
    }
}
