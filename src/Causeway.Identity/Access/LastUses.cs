using System.Collections.Concurrent;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>When sessions and API keys were used last: noted in memory as they are used, and written together.</summary>
internal sealed class LastUses(Database database, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Use> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Use> _apiKeys = new(StringComparer.Ordinal);

    public void Note(SessionAccess session, string? address) => Note(_sessions, session.Used, session.Id, address);

    public void Note(ApiKeyAccess key, string? address) => Note(_apiKeys, key.Used, key.Id, address);

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var (sessions, keys) = (Take(_sessions), Take(_apiKeys));
        if (sessions.Count + keys.Count == 0)
        {
            return;
        }

        await database.WriteAsync(
            async (unit, token) =>
            {
                if (sessions.Count > 0)
                {
                    await unit.ExecuteAsync("UPDATE sessions SET last_used_at = @At, address = COALESCE(@Address, address) WHERE id = @Id AND last_used_at < @At", sessions, token).ConfigureAwait(false);
                }

                if (keys.Count > 0)
                {
                    await unit.ExecuteAsync("UPDATE api_keys SET last_used_at = @At, last_used_address = @Address WHERE id = @Id AND COALESCE(last_used_at, 0) < @At", keys, token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static List<Use> Take(ConcurrentDictionary<string, Use> uses)
    {
        var taken = new List<Use>();
        foreach (var (id, _) in uses)
        {
            if (uses.TryRemove(id, out var use))
            {
                taken.Add(use);
            }
        }

        return taken;
    }

    private void Note(ConcurrentDictionary<string, Use> uses, UseStamp stamp, string id, string? address)
    {
        if (stamp.IsDue(time, Every))
        {
            uses[id] = new Use(id, time.GetUtcNow().ToUnixTimeMilliseconds(), address);
        }
    }

    private sealed record Use(string Id, long At, string? Address);
}
