using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Server.Tests.Rooms;

/// <summary>E3, D11: who may join, read and publish is the same over WebSocket, event streams and HTTP, for every rule, role and permission.</summary>
public sealed class RoomDecisionTests
{
    private static readonly string[] JoinRules = ["anyone", "authenticated", "members", "permission"];
    private static readonly string[] PublishRules = ["members", "authenticated", "anyone", "server"];
    private static readonly string?[] Roles = [null, "owner", "moderator", "member", "reader"];
    private static readonly string[][] Permissions = [[], ["join"], ["publish"], ["join", "publish"]];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Decisions_EveryRuleRoleAndPermission_AgreeOnEverySurface(bool rulesOfTheRoom)
    {
        var namespaces = new JsonObject();
        var rooms = new List<(string Room, string Join, string Publish)>();
        foreach (var join in JoinRules)
        {
            foreach (var publish in PublishRules)
            {
                var name = $"{join}-{publish}";
                rooms.Add((name + ":x", join, publish));
                namespaces[name] = rulesOfTheRoom
                    ? new JsonObject { ["Join"] = "permission", ["Publish"] = "server", ["AutoCreate"] = false }
                    : new JsonObject { ["Join"] = join, ["Publish"] = publish };
            }
        }

        var configuration = new JsonObject
        {
            ["Realtime"] = new JsonObject { ["Namespaces"] = namespaces, ["MessagesPerSecond"] = 100_000 },
        };
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, configuration.ToJsonString());
        var node = await nodes.StartAsync();
        foreach (var (room, join, publish) in rooms)
        {
            var settings = rulesOfTheRoom ? $$""", "settings":{"join":"{{join}}","publish":"{{publish}}"} """ : "";
            (await node.CreateRoomAsync(room, settings)).AssertStatus(201);
            foreach (var role in Roles.OfType<string>())
            {
                (await node.SetRoleAsync(room, role, role)).AssertStatus(201);
            }
        }

        var wrong = new List<string>();
        foreach (var role in Roles)
        {
            foreach (var permissions in Permissions)
            {
                var token = node.TokenFor(role ?? "nobody", null, [.. permissions.SelectMany(verb => rooms.Select(room => $"{verb}:{room.Room}"))]);
                await using var client = await node.ConnectAsync(token);
                foreach (var (room, join, publish) in rooms)
                {
                    var expected = Expect(join, publish, role, permissions);
                    var actual = await TryAllAsync(node, client, room, token);
                    if (expected != actual)
                    {
                        wrong.Add($"join={join} publish={publish} role={role ?? "none"} permissions={string.Join('+', permissions)}: expected {expected}, got {actual}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
    }

    /// <summary>The rules once more, in the words of the documentation.</summary>
    private static Verdict Expect(string join, string publish, string? role, string[] permissions)
    {
        var mayJoin = permissions.Contains("join") || join is "anyone" or "authenticated" || join == "members" && role is not null;
        var mayPublish = permissions.Contains("publish") || publish switch
        {
            "members" => mayJoin && role != "reader",
            "server" => false,
            _ => true,
        };
        return new Verdict(mayJoin, mayJoin, mayJoin, mayJoin, mayPublish, mayPublish, mayPublish);
    }

    private static async Task<Verdict> TryAllAsync(RunningServer node, LiveClient client, string room, string token)
    {
        var joined = await client.RequestAsync("join_room", room: room);
        var published = await client.RequestAsync("chat", room: room);
        if (joined.ErrorCode is null)
        {
            await client.LeaveAsync(room);
        }

        using var stream = await node.StreamAsync(room, token);
        var history = await node.GetAsync($"/api/v1/rooms/{room}/messages", token);
        var members = await node.GetAsync($"/api/v1/rooms/{room}/members", token);
        var posted = await node.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat"}""", token);
        var batch = await node.PostAsync("/api/v1/publish", $$"""{"messages":[{"room_id":"{{room}}","type":"chat"}]}""", token);
        return new Verdict(
            Of(joined.ErrorCode, "FORBIDDEN"),
            Of(stream.Head.Status, 200),
            Of(history.Status, 200),
            Of(members.Status, 200),
            Of(published.ErrorCode, "FORBIDDEN", "NOT_IN_ROOM"),
            Of(posted.Status, 201),
            !batch.AssertStatus(200).GetProperty("results")[0].TryGetProperty("error", out _));
    }

    private static bool Of(string? error, params string[] refusals)
    {
        Assert.True(error is null || refusals.Contains(error), error);
        return error is null;
    }

    private static bool Of(int status, int success)
    {
        Assert.True(status == success || status == 403, $"{status}");
        return status == success;
    }

    private sealed record Verdict(bool Join, bool Stream, bool History, bool Members, bool Publish, bool Post, bool Batch);
}
