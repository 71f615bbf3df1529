using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D7: a program that is killed in the middle of its work loses nothing that it acknowledged, and every client ends with the same log.</summary>
public sealed class DurableRoomTests
{
    private const int Kills = 3;
    private const int BetweenKills = 150;
    private const string Namespaces = """{ "kept": { "Durable": true, "History": 100000, "HistorySeconds": 86400, "Presence": false } }""";

    private static readonly string[] Rooms = ["kept:one", "kept:two"];

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Kill_UnderLoad_EveryClientEndsWithTheExactLog(string provider)
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(await ConfigurationAsync(provider));
        await using var check = new LogCheck([causeway], Rooms);

        for (var kill = 0; kill < Kills; kill++)
        {
            await check.MoreAsync(BetweenKills);
            await causeway.KillAsync();
            await causeway.StartAgainAsync();
        }

        await check.MoreAsync(BetweenKills);
        await check.EndAsync();
    }

    private static async Task<string> ConfigurationAsync(string provider)
    {
        var database = """{ "Synchronous": "normal" }""";
        if (provider == "postgres")
        {
            Needs.Postgres();
            database = $$"""{ "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync())}} }""";
        }

        return $$"""{ "RateLimits": { "Enabled": false }, "Database": {{database}}, "Realtime": { "MessagesPerSecond": 100000, "Namespaces": {{Namespaces}} } }""";
    }
}
