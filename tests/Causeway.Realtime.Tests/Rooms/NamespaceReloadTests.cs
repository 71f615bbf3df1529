namespace Causeway.Realtime.Tests;

/// <summary>Namespace rules replaced while rooms are in use.</summary>
public sealed class NamespaceReloadTests
{
    [Fact]
    public async Task Replace_PublishAndMembers_CountForRoomsThatAreAndRoomsToCome()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await ann.JoinAsync("ns:old");
        Assert.Null((await ann.RequestAsync("chat", room: "ns:old")).ErrorCode);

        Assert.Equal(1, Replace(server, "ns", new NamespaceOptions { Publish = PublishRule.Server, MaxMembers = 1 }));

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:old")).ErrorCode);
        Assert.Equal("ROOM_FULL", (await bob.RequestAsync("join_room", room: "ns:old")).ErrorCode);
        await ann.JoinAsync("ns:new");
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:new")).ErrorCode);
        await ann.JoinAsync("other");
        Assert.Null((await ann.RequestAsync("chat", room: "other")).ErrorCode);
        Assert.Equal(0, Replace(server, "ns", new NamespaceOptions { Publish = PublishRule.Server, MaxMembers = 1 }));
    }

    [Fact]
    public async Task Replace_History_ShortensTheLogAndKeepsPositions()
    {
        await using var server = await LiveServer.StartAsync();
        var room = RoomId.Parse("ns:log");
        for (var i = 0; i < 10; i++)
        {
            await server.Rooms.PublishAsync(room, "note", "{}"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken);
        }

        var epoch = server.Rooms.Find(room)!.Epoch;
        Replace(server, "ns", new NamespaceOptions { History = 3 });

        Assert.Equal([8L, 9L, 10L], (await server.Rooms.HistoryAsync(room, 0, null, 100))!.Select(static message => message.Offset));
        Replace(server, "ns", new NamespaceOptions { History = 5 });
        for (var i = 0; i < 4; i++)
        {
            await server.Rooms.PublishAsync(room, "note", "{}"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal([10L, 11L, 12L, 13L, 14L], (await server.Rooms.HistoryAsync(room, 0, null, 100))!.Select(static message => message.Offset));
        Assert.Equal(epoch, server.Rooms.Find(room)!.Epoch);
    }

    [Fact]
    public async Task Replace_HistoryOff_CountsForNewRoomsOnly()
    {
        await using var server = await LiveServer.StartAsync();
        var room = RoomId.Parse("ns:kept");
        await server.Rooms.PublishAsync(room, "note", "{}"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken);

        Replace(server, "ns", new NamespaceOptions { History = 0 });

        Assert.Equal(1, server.Rooms.Find(room)!.Offset);
        await using var client = await server.ConnectAsync("ann");
        await client.JoinAsync("ns:fresh");
        Assert.Null(server.Rooms.Find(RoomId.Parse("ns:fresh"))!.Offset);
    }

    [Fact]
    public async Task Replace_PresenceOnAndOff_ListsWhoIsThere()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["ns"] = new NamespaceOptions { Presence = false });
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");
        Assert.Empty(server.Rooms.Members(RoomId.Parse("ns:x"))!);

        Replace(server, "ns", new NamespaceOptions { Presence = true });
        Assert.Equal(["ann"], server.Rooms.Members(RoomId.Parse("ns:x"))!.Select(static member => member.UserId));

        Replace(server, "ns", new NamespaceOptions { Presence = false });
        Assert.Empty(server.Rooms.Members(RoomId.Parse("ns:x"))!);
        await ann.LeaveAsync("ns:x");
    }

    [Fact]
    public async Task Replace_OutOfRange_ChangesNothing()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        Assert.Throws<ArgumentException>(() => server.Rooms.ReplaceNamespaces(
            [new("good", new NamespaceOptions { Publish = PublishRule.Server }), new("ns", new NamespaceOptions { MaxMembers = 0 })]));

        Assert.Null((await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
    }

    private static int Replace(LiveServer server, string name, NamespaceOptions rules) =>
        server.Rooms.ReplaceNamespaces([new KeyValuePair<string, NamespaceOptions>(name, rules)]);
}
