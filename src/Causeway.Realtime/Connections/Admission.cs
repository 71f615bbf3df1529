using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Counts connections by user and by address, and keeps newcomers out over the limits.</summary>
internal sealed class Admission(RealtimeOptions options)
{
    private static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, int> _byUser = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Takes a place; each success is paired with one <see cref="Leave"/>.</summary>
    /// <returns>Null, or why there is none.</returns>
    public ApiError? TryEnter(string? user, string? address)
    {
        if (address is not null && !TryTake(_byAddress, address, options.MaxConnectionsPerAddress))
        {
            return Full("address", options.MaxConnectionsPerAddress);
        }

        if (user is not null && !TryTake(_byUser, user, options.MaxConnectionsPerUser))
        {
            Leave(null, address);
            return Full("user", options.MaxConnectionsPerUser);
        }

        return null;
    }

    public void Leave(string? user, string? address)
    {
        if (address is not null)
        {
            GiveBack(_byAddress, address);
        }

        if (user is not null)
        {
            GiveBack(_byUser, user);
        }
    }

    private static ApiError Full(string what, int limit) => new(ErrorCode.RateLimited, $"This {what} has its {limit} connections.")
    {
        Details = new() { ["limit"] = limit, ["retry_after_ms"] = (long)ComeBackAfter.TotalMilliseconds },
        RetryAfter = ComeBackAfter,
    };

    private static bool TryTake(ConcurrentDictionary<string, int> counts, string key, int limit)
    {
        while (true)
        {
            if (!counts.TryGetValue(key, out var count))
            {
                if (counts.TryAdd(key, 1))
                {
                    return true;
                }
            }
            else if (count >= limit)
            {
                return false;
            }
            else if (counts.TryUpdate(key, count + 1, count))
            {
                return true;
            }
        }
    }

    private static void GiveBack(ConcurrentDictionary<string, int> counts, string key)
    {
        while (counts.TryGetValue(key, out var count))
        {
            if (count > 1 ? counts.TryUpdate(key, count - 1, count) : counts.TryRemove(new KeyValuePair<string, int>(key, count)))
            {
                return;
            }
        }
    }
}
