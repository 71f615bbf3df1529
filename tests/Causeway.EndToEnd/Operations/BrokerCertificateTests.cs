using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D12: a broker over TLS, whose certificate is from an authority that only some of the machines trust.</summary>
public sealed class BrokerCertificateTests
{
    [Fact]
    public async Task Certificate_OfAnAuthorityOfOnesOwn_IsGoodForWhoTrustsItAndHeldAgainstTheBrokerByWhoDoesNot()
    {
        Needs.Linux();
        Needs.Postgres();
        Needs.RabbitMq();
        var broker = await RabbitBroker.SharedAsync(isOurs: true);
        var configuration = Configuration(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), broker.SecureUrl);
        await using var trusting = CausewayProcess.Create(configuration);
        trusting.Environment["SSL_CERT_FILE"] = broker.AuthorityFile;
        await trusting.StartAgainAsync();
        await using var wary = CausewayProcess.Create(configuration);
        wary.Launch();

        var said = await wary.Process.LineAsync(static line => line.Contains("not trusted to be the broker", StringComparison.Ordinal), "whom it does not trust");
        Assert.Contains(new Uri(broker.SecureUrl).Authority, said, StringComparison.Ordinal);
        await wary.Process.LineAsync(static line => line.Contains("CN=localhost, issued by CN=Test intermediate", StringComparison.Ordinal), "which certificate that is");
        Assert.DoesNotContain("guest", wary.Process.Text, StringComparison.Ordinal);

        // It does what needs no other node, and is found to be without them.
        await Eventually.Equal("ready", () => StatusAsync(trusting));
        await Eventually.Equal("degraded", () => StatusAsync(wary));
        await wary.PublishAsync("kept:one", "chat", """{"n":1}""");
        var history = await trusting.GetAsync("/api/v1/rooms/kept:one/messages");
        Assert.Equal(1, Assert.Single(history.Json.GetProperty("items").EnumerateArray()).GetProperty("payload").GetProperty("n").GetInt32());

        // Once it trusts the broker, it is one of the nodes.
        Assert.Equal(0, await wary.StopAsync());
        wary.Environment["SSL_CERT_FILE"] = broker.AuthorityFile;
        await wary.StartAgainAsync();
        await Eventually.Equal("ready", () => StatusAsync(wary));
        await using var ann = await trusting.ConnectAsync();
        await ann.JoinAsync("brief:one");
        await wary.PublishAsync("brief:one", "chat", """{"n":2}""");
        await ann.NextAsync("chat");
    }

    private static async Task<string?> StatusAsync(CausewayProcess node)
    {
        var answer = await node.GetAsync("/ready");
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("checks").EnumerateArray().Single(static check => check.GetProperty("name").GetString() == "backplane").GetProperty("status").GetString();
    }

    private static string Configuration(string database, string broker) => $$"""
        {
          "RateLimits": { "Enabled": false }, "Database": { "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(database)}} },
          "Realtime": {
            "Backplane": "rabbitmq", "RabbitMq": { "Url": {{JsonSerializer.Serialize(broker)}}, "Exchange": "of-those-who-trust" },
            "Namespaces": { "kept": { "Durable": true, "History": 100, "HistorySeconds": 3600 }, "brief": { "History": 0 } }
          }
        }
        """;
}
