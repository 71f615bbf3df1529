using System.Globalization;
using Causeway.Data;

namespace Causeway.Server.Tests.Rooms;

/// <summary>F10: who is in a stored room is read once for a burst of messages, and a change counts all the same.</summary>
public sealed class RoomDirectoryTests
{
    [Fact]
    public async Task Publish_ManyByOneMember_LooksTheMemberUpOnce()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, """{ "Realtime": { "Namespaces": { "team": { "Join": "members" } } } }""");
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:red", """, "allowed_users":["ann"] """);
        var token = node.TokenFor("ann");

        for (var i = 0; i < 20; i++)
        {
            (await PublishAsync(node, token)).AssertStatus(201);
        }

        Assert.True(await LookupsAsync(node, "hit") >= 10);
        Assert.InRange(await LookupsAsync(node, "load"), 1, 10);
    }

    [Fact]
    public async Task Publish_RoleTakenDeletedOrGiven_CountsAtOnceOnTheNodeThatDoesIt()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, """{ "Realtime": { "Namespaces": { "team": { "Join": "members", "AutoCreate": false } } } }""");
        var node = await nodes.StartAsync();
        var token = node.TokenFor("ann");
        await node.CreateRoomAsync("team:red", """, "allowed_users":["ann"] """);
        (await PublishAsync(node, token)).AssertStatus(201);

        (await node.TakeRoleAsync("team:red", "ann")).AssertStatus(204);
        (await PublishAsync(node, token)).AssertError(403, "FORBIDDEN");
        (await node.SetRoleAsync("team:red", "ann", "member")).AssertStatus(201);
        (await PublishAsync(node, token)).AssertStatus(201);
        (await node.SetRoleAsync("team:red", "ann", "reader")).AssertStatus(200);
        (await PublishAsync(node, token)).AssertError(403, "FORBIDDEN");
        (await node.DeleteRoomAsync("team:red")).AssertStatus(204);
        Assert.InRange((await PublishAsync(node, token)).Status, 403, 404);
    }

    private static Task<Causeway.Testing.HttpAnswer> PublishAsync(RunningServer node, string token) =>
        node.PostAsync("/api/v1/rooms/team:red/messages", """{"type":"chat"}""", token);

    private static async Task<long> LookupsAsync(RunningServer node, string result)
    {
        var line = (await node.GetAsync("/metrics", node.AdminToken)).Text.Split('\n').Single(line =>
            line.StartsWith("causeway_cache_lookups_total{", StringComparison.Ordinal)
            && line.Contains("cache=\"room_directory\"", StringComparison.Ordinal) && line.Contains($"result=\"{result}\"", StringComparison.Ordinal));
        return long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
