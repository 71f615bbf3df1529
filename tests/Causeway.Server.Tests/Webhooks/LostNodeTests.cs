using Causeway.Data;
using Causeway.Server.Tests.Rooms;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11, D12: a node that was silent for too long is told of, once, however many others see it.</summary>
public sealed class LostNodeTests
{
    private const string Clustered = """
        { "RateLimits": { "Enabled": false }, "Webhooks": { "AllowPrivateNetworks": true }, "Realtime": { "Backplane": "postgres", "NodeLeaseSeconds": 3 } }
        """;

    [Fact]
    public async Task LeaseRunsOut_TwoNodesSeeIt_TheEndpointIsToldOnce()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Postgres, Clustered);
        var (here, there) = (await nodes.StartAsync(), await nodes.StartAsync());
        await here.CreateWebhookAsync(receiver.Url, ["node.*"]);
        await Causeway.Testing.Eventually.True(() => there.App.Services.GetRequiredService<WebhookEvents>().AreWanted(WebhookEventTypes.NodeLost));

        // As a node leaves it that was killed a minute ago.
        await here.App.Services.GetRequiredService<Database>().ExecuteAsync("INSERT INTO nodes (node, name, lease_until) VALUES ('0123456789abcdef', 'killed', now() - interval '1 minute')");

        var told = Assert.Single(await receiver.WaitAsync(1, WebhookEventTypes.NodeLost));
        Assert.Equal(("killed", "0123456789abcdef"), (told.Data.GetProperty("node").GetString(), told.Data.GetProperty("node_id").GetString()));

        // What comes after it has come: the other one has nothing to add.
        var sequence = told.Sequence;
        await here.App.Services.GetRequiredService<Database>().ExecuteAsync("INSERT INTO nodes (node, name, lease_until) VALUES ('fedcba9876543210', 'another', now() - interval '1 minute')");
        var both = await receiver.WaitAsync(2, WebhookEventTypes.NodeLost);
        Assert.Equal(["another", "killed"], both.Select(static one => one.Data.GetProperty("node").GetString()).Order());
        Assert.All(both, one => Assert.True(one.Sequence >= sequence));
    }

    [Fact]
    public async Task Console_EventsToChooseFrom_AreThoseThereAre()
    {
        await using var server = await RunningServer.StartAsync();

        var script = (await server.GetAsync("/js/views/webhooks.js")).Text;

        var offered = script[(script.IndexOf("EVENTS = [", StringComparison.Ordinal) + 10)..];
        offered = offered[..offered.IndexOf("];", StringComparison.Ordinal)];
        Assert.Equal(WebhookEventTypes.All.Order(StringComparer.Ordinal), offered.Split('\'').Where(static (_, i) => i % 2 == 1).Order(StringComparer.Ordinal));
    }
}
