using Causeway.Testing;

namespace Causeway.Realtime.Sql.Tests;

/// <summary>D12: a broker that is there and takes nothing costs time, and no message that a log holds.</summary>
public sealed class BrokerRefusalTests
{
    private const int Messages = 200;

    [Fact]
    public async Task Broker_IsShortOfMemory_PublishesAreStoredAndAreReadFromTheLogElsewhere()
    {
        LogServer.NeedPostgres();
        LogServer.Need(RabbitBroker.Missing);
        await using var broker = await RabbitBroker.StartAsync();
        await using var one = await LogServer.StartNodeAsync(BackplaneHome.RabbitMq, broker: broker);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await one.PublishAsync("log:a", 0);
        await HeardAsync(bob, 1);

        await using (await broker.RunOutOfMemoryAsync())
        {
            // More than the broker confirms at once, from both: each is acknowledged, and stored when it is.
            for (var n = 1; n < Messages; n++)
            {
                await (n % 2 == 0 ? one : two).PublishAsync("log:a", n);
            }

            await Eventually.True(() => !one.Rooms.IsInTouch && !two.Rooms.IsInTouch, what: "both know that they do not hear each other");
            Assert.Equal(Enumerable.Range(0, Messages), (await two.LogAsync("log:a")).Select(static entry => entry.N));
            await HeardAsync(ann, Messages);
            await HeardAsync(bob, Messages);
        }

        await one.InTouchAsync();
        await two.InTouchAsync();
        await one.PublishAsync("log:a", Messages);
        await HeardAsync(ann, Messages + 1);
        await HeardAsync(bob, Messages + 1);
        await one.Logs.WaitFor("BrokerBlocked");
        await one.Logs.WaitFor("BrokerUnblocked");
        Assert.Empty(one.Logs.Named("BrokerLost"));
    }

    private static Task HeardAsync(LiveClient client, int count) => Eventually.True(
        () => client.Log.Where(static message => message.Type == "chat").Select(static message => message.Payload.GetProperty("n").GetInt32()).SequenceEqual(Enumerable.Range(0, count)),
        what: $"the {count} messages are heard, each once and in order");
}
