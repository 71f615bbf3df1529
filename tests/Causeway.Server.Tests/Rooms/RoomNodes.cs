using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Server.Tests.Rooms;

/// <summary>Nodes of one service on one database: SQLite has one at a time, PostgreSQL any number.</summary>
internal sealed class RoomNodes : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<RunningServer> _nodes = [];
    private readonly string _configuration;

    private RoomNodes(string configuration) => _configuration = configuration;

    /// <summary>Both, for theories.</summary>
    public static TheoryData<DatabaseProvider> Both => [DatabaseProvider.Sqlite, DatabaseProvider.Postgres];

    public static async Task<RoomNodes> CreateAsync(DatabaseProvider provider, string configuration = "{}")
    {
        var settings = JsonNode.Parse(configuration)!.AsObject();
        settings["Auth"] = new JsonObject { ["Mode"] = "required" };
        settings["RateLimits"] = new JsonObject { ["Enabled"] = false };
        if (provider == DatabaseProvider.Postgres)
        {
            if (PostgresServer.Missing is { } missing)
            {
                Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") is not ("true" or "1"), missing);
                Assert.Fail(missing);
            }

            var server = await PostgresServer.SharedAsync();
            settings["Database"] = new JsonObject { ["Provider"] = "postgres", ["ConnectionString"] = await server.CreateDatabaseAsync() };
        }
        else
        {
            settings["Database"] = new JsonObject { ["Synchronous"] = "normal" };
        }

        return new RoomNodes(settings.ToJsonString());
    }

    /// <summary>Starts a node: on PostgreSQL beside the others, on SQLite where another one was stopped.</summary>
    public async Task<RunningServer> StartAsync()
    {
        var node = await RunningServer.StartInAsync(_directory, _configuration, $"--Server:DataDirectory=data{(_configuration.Contains("postgres", StringComparison.Ordinal) ? _nodes.Count : 0)}");
        _nodes.Add(node);
        return node;
    }

    public async Task StopAsync(RunningServer node)
    {
        _nodes.Remove(node);
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _directory.Dispose();
    }
}

/// <summary>Short ways to the rooms of a node, as its administrator.</summary>
internal static class RoomRequests
{
    public static Task<HttpAnswer> CreateRoomAsync(this RunningServer node, string room, string more = "") =>
        node.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"{{more}}}""", node.AdminToken);

    /// <summary>Has a room come to be by itself.</summary>
    public static async Task PublishAsync(this RunningServer node, string room) =>
        (await node.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"t"}""", node.AdminToken)).AssertStatus(201);

    public static Task<HttpAnswer> SetRoleAsync(this RunningServer node, string room, string user, string role, string? token = null) =>
        node.SendAsync(HttpMethod.Put, $"/api/v1/rooms/{room}/allowed-users/{user}", $$"""{"role":"{{role}}"}""", token ?? node.AdminToken);

    public static Task<HttpAnswer> TakeRoleAsync(this RunningServer node, string room, string user, string? token = null) =>
        node.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}/allowed-users/{user}", null, token ?? node.AdminToken);

    public static Task<HttpAnswer> ChangeRoomAsync(this RunningServer node, string room, string json, string? token = null, params (string, string)[] headers) =>
        node.SendAsync(HttpMethod.Patch, $"/api/v1/rooms/{room}", json, token ?? node.AdminToken, headers);

    public static Task<HttpAnswer> DeleteRoomAsync(this RunningServer node, string room, string? token = null, params (string, string)[] headers) =>
        node.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}", null, token ?? node.AdminToken, headers);

    public static Task<SseReader> StreamAsync(this RunningServer node, string room, string token) => SseReader.OpenAsync(
        new Uri(node.Address, "/sse?room=" + room), null, new Dictionary<string, string> { ["Authorization"] = "Bearer " + token });

    public static string[] Strings(this JsonElement list, string? property = null) =>
        [.. list.EnumerateArray().Select(item => (property is null ? item : item.GetProperty(property)).GetString()!)];
}
