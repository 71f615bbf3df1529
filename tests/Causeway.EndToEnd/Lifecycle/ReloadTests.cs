using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A6 and operations: SIGHUP puts what can change into force and keeps everybody connected.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task Hangup_LogLevel_ChangesAndOtherKeysAreNamed()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        await using var client = await causeway.ConnectAsync();

        Rewrite(causeway, """ "Telemetry": { "LogLevel": "debug" }, "Auth": { "AccessTokenMinutes": 3 } """);
        causeway.Process.Process.Send(Signal.Hangup);

        await causeway.Process.LineAsync(static line => line.Contains("Reloaded log level: now debug", StringComparison.Ordinal), "the new level");
        await causeway.Process.LineAsync(static line => line.Contains("count only after a restart: Auth:AccessTokenMinutes", StringComparison.Ordinal), "the key that waits");
        await client.JoinAsync("still-here");

        // What is in force is shown, not what the file says.
        var values = (await causeway.GetAsync("/api/v1/config")).Json.GetProperty("values").EnumerateArray()
            .ToDictionary(static value => value.GetProperty("key").GetString()!, static value => value.GetProperty("value").GetString());
        Assert.Equal(("debug", "15"), (values["Telemetry:LogLevel"], values["Auth:AccessTokenMinutes"]));
    }

    [Fact]
    public async Task Hangup_Namespaces_CountForRoomsThatAreAndRoomsToCome()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        await using var first = await causeway.ConnectAsync();
        await using var second = await causeway.ConnectAsync();
        await first.JoinAsync("news:today");

        Rewrite(causeway, """ "Realtime": { "Namespaces": { "news": { "MaxMembers": 1 } } } """);
        causeway.Process.Process.Send(Signal.Hangup);
        await causeway.Process.LineAsync(static line => line.Contains("and 1 rooms follow them", StringComparison.Ordinal), "the new rules");

        Assert.Equal("ROOM_FULL", (await second.RequestAsync("join_room", room: "news:today")).ErrorCode);
        await first.JoinAsync("news:tomorrow");
        Assert.Equal("ROOM_FULL", (await second.RequestAsync("join_room", room: "news:tomorrow")).ErrorCode);
        await causeway.PublishAsync("news:today", "chat", """{"text":"still here"}""");
        await first.NextAsync("chat");
    }

    [Fact]
    public async Task Hangup_BrokenFile_KeepsTheOldAndServes()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        Rewrite(causeway, """ "Telemetry": { "LogLevel": "loud" }, "Realtime": { "HeartbeatSeconds": 0 } """);
        causeway.Process.Process.Send(Signal.Hangup);

        await causeway.Process.LineAsync(static line => line.Contains("Not reloaded: Telemetry:LogLevel", StringComparison.Ordinal), "the first problem");
        await causeway.Process.LineAsync(static line => line.Contains("Not reloaded: Realtime:HeartbeatSeconds", StringComparison.Ordinal), "the second problem");
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
        Assert.Equal(0, await causeway.StopAsync());
    }

    private static void Rewrite(CausewayProcess causeway, string sections) => File.WriteAllText(
        Path.Combine(causeway.Directory, "causeway.json"),
        $$"""{ "Server": { "Urls": "{{causeway.Address.GetLeftPart(UriPartial.Authority)}}", "DrainSeconds": 0 }, {{sections}} }""");
}
