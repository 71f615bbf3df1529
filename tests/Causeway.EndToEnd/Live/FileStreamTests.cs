using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>C2 with the real program: a growing file as a stream, read by an EventSource that others wrote.</summary>
public sealed class FileStreamTests
{
    private const string Configuration = """
        { "Server": { "DrainSeconds": 5 },
          "Streams": { "Sources": { "build": { "Path": "logs/build.jsonl", "EndWhen": { "Field": "type", "Equals": "done" } } } } }
        """;

    [Fact]
    public async Task EventSource_RotationAndRestart_SeesEveryLineOnceAndStaysClosedAtTheEnd()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await using var client = Start(causeway);
        await client.TellsAsync("event waiting");

        Append(causeway, 1, 2);
        await client.TellsAsync("event message", 2);
        var path = Path.Combine(causeway.Directory, "logs", "build.jsonl");
        File.Move(path, path + ".1");
        Append(causeway, 3, 1);
        await client.TellsAsync("event rotated");
        await client.TellsAsync("event message", 3);

        await causeway.KillAsync();
        Append(causeway, 4, 2);
        await causeway.StartAgainAsync();
        await client.TellsAsync("event message", 5);
        File.AppendAllText(path, """{"n":6,"type":"done"}""" + "\n");
        await client.TellsAsync("event end");

        // It comes back once, is answered 204, and gives up as the standard wants.
        await client.LineAsync(static line => line == "error 204 2", "that it gave up");
        var numbers = client.Output.Where(static line => line.StartsWith("event message ", StringComparison.Ordinal))
            .Select(static line => JsonElement.Parse(line.Split(' ', 4)[3]).GetProperty("n").GetInt32());
        Assert.Equal([1, 2, 3, 4, 5, 6], numbers);
        Assert.DoesNotContain(client.Output, static line => line.StartsWith("event reset", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Drain_OpenStream_IsSentAwayAndDelaysNothing()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        Append(causeway, 1, 1);
        using var reader = await SseReader.OpenAsync(new Uri(causeway.Address, "/api/v1/streams/build/events"));
        await reader.ReadAsync("message");

        var stopping = causeway.StopAsync();

        Assert.True((await reader.ReadAsync("shutdown")).Json.GetProperty("after_ms").GetInt32() >= 4_000);
        Assert.Null(await reader.ReadAnyAsync());
        Assert.Equal(0, await stopping);
    }

    private static ChildProcess Start(CausewayProcess causeway) => ChildProcess.Start(
        Needs.Node(),
        [
            Path.Combine(AppContext.BaseDirectory, "Peers", "eventsource-client.cjs"), new Uri(causeway.Address, "/api/v1/streams/build/events").ToString(),
            "message", "waiting", "rotated", "truncated", "reset", "end",
        ],
        environment: new Dictionary<string, string?> { ["CAUSEWAY_TEST_PEERS"] = Needs.Peers() });

    private static void Append(CausewayProcess causeway, int first, int count)
    {
        var directory = Directory.CreateDirectory(Path.Combine(causeway.Directory, "logs"));
        File.AppendAllLines(Path.Combine(directory.FullName, "build.jsonl"), Enumerable.Range(first, count).Select(static n => $$"""{"n":{{n}}}"""));
    }
}
