using Causeway.Data;
using Causeway.Hosting;
using Causeway.Server.Tests.Rooms;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>F7: a list goes on where it was, after a restart and on another node.</summary>
public sealed class CursorKeyTests
{
    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Cursor_OfBeforeARestart_GoesOn(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        var (first, cursor) = await FirstPageAsync(node);
        await nodes.StopAsync(node);

        node = await nodes.StartAsync();

        Assert.NotEqual(first, await NextAsync(node, cursor));
    }

    [Fact]
    public async Task Cursor_OfAnotherNode_GoesOn()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Postgres);
        var (one, other) = (await nodes.StartAsync(), await nodes.StartAsync());
        var (first, cursor) = await FirstPageAsync(one);

        Assert.NotEqual(first, await NextAsync(other, cursor));

        // And each refuses what neither has given out.
        var changed = cursor[..10] + (cursor[10] == 'A' ? 'B' : 'A') + cursor[11..];
        (await other.GetAsync($"/api/v1/users?limit=1&cursor={changed}", other.AdminToken)).AssertInvalid("cursor");
    }

    [Fact]
    public async Task Cursor_OfBeforeTheDatabaseCame_GoesOnWhenItHas()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null && Environment.GetEnvironmentVariable("CI") is not ("true" or "1"), "PostgreSQL is not installed.");
        await using var postgres = await PostgresServer.StartAsync();
        var connection = await postgres.CreateDatabaseAsync();
        await postgres.StopAsync();
        await using var node = await RunningServer.StartAsync(
            $$"""{ "Database": { "Provider": "postgres", "ConnectionString": {{System.Text.Json.JsonSerializer.Serialize(connection)}} } }""");
        await using var client = await node.ConnectAsync();
        await using var second = await node.ConnectAsync();
        var page = (await node.GetAsync("/api/v1/connections?limit=1")).AssertStatus(200);

        await postgres.StartAgainAsync();
        await Eventually.Equal(DependencyState.Available, () => node.App.Services.GetRequiredService<Dependencies>().Find(ServerDatabase.DependencyName)!.State);

        var next = (await node.GetAsync("/api/v1/connections?limit=1&cursor=" + page.GetProperty("next_cursor").GetString())).AssertStatus(200);
        Assert.Single(next.GetProperty("items").EnumerateArray());
    }

    private static async Task<(string First, string Cursor)> FirstPageAsync(RunningServer node)
    {
        foreach (var name in (string[])["ada", "ben", "cleo"])
        {
            (await node.PostAsync("/api/v1/users", $$"""{"email":"{{name}}@example.com"}""", node.AdminToken)).AssertStatus(201);
        }

        var page = (await node.GetAsync("/api/v1/users?limit=1", node.AdminToken)).AssertStatus(200);
        return (page.GetProperty("items")[0].GetProperty("id").GetString()!, page.GetProperty("next_cursor").GetString()!);
    }

    private static async Task<string> NextAsync(RunningServer node, string cursor) =>
        (await node.GetAsync($"/api/v1/users?limit=1&cursor={cursor}", node.AdminToken)).AssertStatus(200).GetProperty("items")[0].GetProperty("id").GetString()!;
}
