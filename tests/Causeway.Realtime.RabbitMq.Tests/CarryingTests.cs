using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>What nodes tell each other over a real broker.</summary>
public sealed class CarryingTests
{
    private static readonly RoomId One = RoomId.Parse("chat:one");
    private static readonly RoomId Two = RoomId.Parse("chat:two");

    [Fact]
    public async Task Send_ToRooms_IsHeardByThoseWhoFollowThem()
    {
        await using var nodes = await Nodes.StartAsync(3);
        var (sender, both, one) = (nodes[0], nodes[1], nodes[2]);
        Assert.NotEqual(Shards.Of(One), Shards.Of(Two));
        await both.FollowAsync(One);
        await both.FollowAsync(Two);
        await one.FollowAsync(One);
        await sender.FollowAsync(One);

        sender.Send(One, "1");
        sender.Send(Two, "2");
        sender.Send(null, "all");

        await both.HearsAsync("1", "2", "all");
        await one.HearsAsync("1", "all");
        Assert.Empty(sender.Heard);
    }

    [Fact]
    public async Task Send_ManyAtOnce_ArriveInOrderWithThoseForAllInTheirPlace()
    {
        await using var nodes = await Nodes.StartAsync(2);
        var rooms = Enumerable.Range(0, 40).Select(static n => RoomId.Parse($"chat:{n}")).ToArray();
        foreach (var room in rooms)
        {
            await nodes[1].FollowAsync(room);
        }

        for (var n = 0; n < 20_000; n++)
        {
            nodes[0].Send(n % 1_000 == 999 ? null : rooms[n % rooms.Length], $"{(n % 1_000 == 999 ? "all" : rooms[n % rooms.Length].Value)} {n}");
        }

        await Eventually.True(() => nodes[1].Heard.Count == 20_000, what: "all have come");
        var heard = nodes[1].Heard.Select(static item => item.Split(' ')).Select(static parts => (Room: parts[0], N: int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))).ToList();
        Assert.All(heard.GroupBy(static item => item.Room), static ofRoom => Assert.Equal(ofRoom.OrderBy(static item => item.N), ofRoom));
        Assert.All(heard.Index().Where(static item => item.Item.Room == "all"), static item => Assert.Equal(item.Index, item.Item.N));
        nodes[1].Logs.AssertQuiet(LogLevel.Warning);
    }

    [Fact]
    public async Task Send_ALargeItem_ComesWhole()
    {
        await using var nodes = await Nodes.StartAsync(2);
        await nodes[1].FollowAsync(One);
        var large = new string('x', 1_000_000);

        nodes[0].Send(One, "before");
        nodes[0].Send(One, large);
        nodes[0].Send(One, "after");

        await nodes[1].HearsAsync("before", large, "after");
    }

    [Fact]
    public async Task Unfollow_TheLastRoomOfAShard_IsHeardNoMoreUntilItIsFollowedAgain()
    {
        await using var nodes = await Nodes.StartAsync(2);
        await nodes[1].FollowAsync(One);
        await nodes[1].FollowAsync(One);
        nodes[1].Backplane.Unfollow(One);
        nodes[0].Send(One, "1");
        await nodes[1].HearsAsync("1");

        nodes[1].Backplane.Unfollow(One);
        var sent = 0;
        await Eventually.True(
            async () =>
            {
                // What comes for all shows that what was sent for the room before it did not come.
                nodes[0].Send(One, $"room {++sent}");
                nodes[0].Send(null, $"all {sent}");
                await Eventually.True(() => nodes[1].Heard.Contains($"all {sent}"));
                return !nodes[1].Heard.Contains($"room {sent}");
            },
            what: "the shard is let go");
        await nodes[1].FollowAsync(One);
        nodes[0].Send(One, "again");

        await Eventually.True(() => nodes[1].Heard.Contains("again"));
        Assert.Equal(0, nodes[1].MissedOf(One));
    }

    [Fact]
    public async Task Follow_ManyRoomsAtOnce_HearsEachFromThereOn()
    {
        await using var nodes = await Nodes.StartAsync(2);
        var rooms = Enumerable.Range(0, 300).Select(static n => RoomId.Parse($"chat:{n}")).ToArray();

        await Task.WhenAll(rooms.Select(async room =>
        {
            await nodes[1].FollowAsync(room);
            nodes[0].Send(room, room.Value);
        }));

        await Eventually.True(() => nodes[1].Heard.Count == rooms.Length, what: "each is heard");
        Assert.Equal(rooms.Select(static room => room.Value).Order(StringComparer.Ordinal), nodes[1].Heard.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stop_WithItemsWaiting_SendsThemFirst()
    {
        await using var nodes = await Nodes.StartAsync(1);
        await nodes[0].FollowAsync(One);
        await using (var leaving = await nodes.AnotherAsync())
        {
            for (var n = 0; n < 5_000; n++)
            {
                leaving.Send(One, $"{n}");
            }
        }

        await Eventually.True(() => nodes[0].Heard.Count == 5_000, what: "all have come");
    }

    [Fact]
    public async Task Receive_WhatIsNoFrameOfOurs_IsIgnoredAndSaidOnce()
    {
        await using var nodes = await Nodes.StartAsync(2);
        var factory = new ConnectionFactory { Uri = new Uri(nodes.Broker.Url) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        byte[][] strange = [[], [1, 1], new byte[100], [9, .. new byte[30]], [1, 1, 255, 255, .. new byte[30]], [1, 1, 0, 1, .. new byte[20], 255, 255, 255, 127, 1, 2]];

        foreach (var body in strange)
        {
            await channel.BasicPublishAsync(nodes.Exchange, "all", body);
        }

        await Eventually.True(() => nodes[0].Logs.Named("FrameUnreadable").Count == 1);
        nodes[1].Send(null, "sound");
        await nodes[0].HearsAsync("sound");
        Assert.Single(nodes[0].Logs.Named("FrameUnreadable"));
    }
}
