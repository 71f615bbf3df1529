using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>One node's backplane on a real broker, and what it was told.</summary>
internal sealed class Node : IBackplaneReceiver, IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ConcurrentQueue<Predicate<RoomId>> _missed = new();
    private readonly ServiceProvider _services;
    private int _restored;
    private int _interrupted;

    private Node(string url, string exchange, int? maxQueueBytes, TimeProvider? time)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Debug));
        services.AddRabbitMqBackplane(options =>
        {
            (options.Url, options.Exchange) = (url, exchange);
            options.MaxQueueBytes = maxQueueBytes ?? options.MaxQueueBytes;
        });
        _services = services.BuildServiceProvider();
        Backplane = _services.GetRequiredService<IBackplane>();
    }

    public IBackplane Backplane { get; }

    public LogProbe Logs { get; } = new();

    public IReadOnlyList<string> Heard => [.. _heard];

    public int Restored => Volatile.Read(ref _restored);

    public int Interrupted => Volatile.Read(ref _interrupted);

    /// <summary>Whether it hears the others.</summary>
    public bool IsUp => Restored == Interrupted + 1;

    /// <summary>Held while a test wants this node to be slow.</summary>
    public ManualResetEventSlim Slowness { get; } = new(initialState: true);

    /// <param name="broker">Where its broker is, or a line to it.</param>
    /// <param name="exchange">One of the test's own.</param>
    /// <param name="maxQueueBytes">What the broker keeps for it; null for the default.</param>
    /// <param name="time">Null for the real one.</param>
    public static async Task<Node> StartAsync(string broker, string exchange, int? maxQueueBytes = null, TimeProvider? time = null)
    {
        var node = Begin(broker, exchange, maxQueueBytes, time);
        await Eventually.True(() => node.IsUp, what: "the node hears the others");
        return node;
    }

    /// <summary>The same without waiting for it to hear anybody.</summary>
    public static Node Begin(string broker, string exchange, int? maxQueueBytes = null, TimeProvider? time = null)
    {
        var node = new Node(broker, exchange, maxQueueBytes, time);
        node.Backplane.Start(node);
        return node;
    }

    /// <summary>Skips the test where there is no RabbitMQ; in CI it fails.</summary>
    public static void NeedRabbit()
    {
        if (RabbitBroker.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }
    }

    public void Send(RoomId? room, string item) => Backplane.Send(room, Encoding.UTF8.GetBytes(item));

    public Task FollowAsync(RoomId room) => Backplane.FollowAsync(room).AsTask().Within();

    /// <summary>How often it was told that something of a room is missing.</summary>
    public int MissedOf(RoomId room) => _missed.Count(isMissed => isMissed(room));

    public Task HearsAsync(params IEnumerable<string> items)
    {
        var expected = items.ToList();
        return Eventually.True(() => Heard.SequenceEqual(expected), what: $"heard are {string.Join(' ', expected.Take(10))}");
    }

    void IBackplaneReceiver.Receive(ReadOnlySpan<byte> item)
    {
        Slowness.Wait(Limits.Test);
        _heard.Enqueue(Encoding.UTF8.GetString(item));
    }

    void IBackplaneReceiver.Restored() => Interlocked.Increment(ref _restored);

    void IBackplaneReceiver.Missed(Predicate<RoomId> rooms) => _missed.Enqueue(rooms);

    void IBackplaneReceiver.Interrupted() => Interlocked.Increment(ref _interrupted);

    public async ValueTask DisposeAsync()
    {
        Slowness.Set();
        using var patience = new CancellationTokenSource(Limits.Test);
        await Backplane.StopAsync(patience.Token);
        await _services.DisposeAsync();
        Slowness.Dispose();
    }
}
