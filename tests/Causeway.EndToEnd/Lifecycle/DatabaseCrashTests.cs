using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>F8, F12: what was acknowledged is there after <c>kill -9</c>.</summary>
public sealed class DatabaseCrashTests
{
    [Theory]
    [InlineData("sqlite", "full")]
    [InlineData("sqlite", "normal")]
    [InlineData("postgres", "full")]
    public async Task Kill_DuringWrites_LosesNothingThatWasAcknowledged(string provider, string synchronous)
    {
        Needs.Linux();
        await using var service = await CausewayProcess.StartAsync(await ConfigurationAsync(provider, synchronous));
        var acknowledged = new ConcurrentDictionary<string, string>();
        var number = 0;

        for (var round = 0; round < 3; round++)
        {
            using var stop = new CancellationTokenSource();
            var before = acknowledged.Count;
            var writers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var room = "room-" + Interlocked.Increment(ref number).ToString(CultureInfo.InvariantCulture);
                    try
                    {
                        var answer = await CreateAsync(service, room);
                        if (answer.Status == 201)
                        {
                            acknowledged[room] = answer.Text;
                        }
                    }
                    catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
                    {
                        // It was killed: nobody knows what became of this one.
                    }
                }
            })).ToList();

            await Eventually.True(() => acknowledged.Count >= before + 40);
            await service.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(writers).Within();
            await service.StartAgainAsync();
        }

        foreach (var (room, text) in acknowledged)
        {
            var repeat = await CreateAsync(service, room);
            Assert.Equal((201, text, "true"), (repeat.Status, repeat.Text, repeat.Header("Idempotency-Replayed")));
        }
    }

    private static Task<HttpAnswer> CreateAsync(CausewayProcess service, string room) =>
        service.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", ("Idempotency-Key", room));

    private static async Task<string> ConfigurationAsync(string provider, string synchronous)
    {
        if (provider == "sqlite")
        {
            return $$"""{ "Database": { "Synchronous": "{{synchronous}}" }, "RateLimits": { "Enabled": false } }""";
        }

        Needs.Postgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return $$$"""{ "Database": { "Provider": "postgres", "ConnectionString": {{{JsonSerializer.Serialize(connection)}}} }, "RateLimits": { "Enabled": false } }""";
    }
}
