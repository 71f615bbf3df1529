using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;

namespace Causeway.Server;

/// <summary>Tells of nodes that were taken out of the cluster, in the transaction that does it: of each once.</summary>
internal sealed class LostNodeEvents(WebhookEvents events, TimeProvider time) : ILostNodeFollower
{
    public async Task FollowAsync(UnitOfWork unit, IReadOnlyList<GoneNode> nodes, CancellationToken cancellationToken)
    {
        if (!events.AreWanted(WebhookEventTypes.NodeLost))
        {
            return;
        }

        foreach (var (id, name, _) in nodes)
        {
            var data = new JsonObject { ["node"] = name, ["node_id"] = id };
            await events.WriteAsync(unit, new WebhookEvent(WebhookEventTypes.NodeLost, time.GetUtcNow(), data.ToJsonString()), cancellationToken);
        }
    }
}
