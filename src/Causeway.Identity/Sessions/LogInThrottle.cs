using System.Net;
using System.Net.Sockets;

namespace Causeway.Identity;

/// <summary>Slows down whoever guesses a password, without locking its owner out.</summary>
/// <remarks>
/// Wrong passwords of one network for one account cost growing pauses for that network and account alone. Many wrong ones for an account from everywhere slow down
/// every network that has not logged in to it before; where it has, its owner comes in as ever. Whether the account exists makes no difference. Kept in memory, by each node.
/// </remarks>
internal sealed class LogInThrottle(TimeProvider time)
{
    private const int FreeTries = 5;
    private const int FreeTriesFromEverywhere = 100;
    private const int Most = 100_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestPauseFromEverywhere = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Account, string? Network), Failures> _failures = [];

    /// <summary>The part of an address that one party has: an IPv4 address, or the /64 an IPv6 address is in.</summary>
    public static string NetworkOf(string? address)
    {
        if (!IPAddress.TryParse(address, out var ip))
        {
            return address ?? "";
        }

        if (ip.IsIPv4MappedToIPv6)
        {
            ip = ip.MapToIPv4();
        }

        if (ip.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return ip.ToString();
        }

        var bytes = ip.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    /// <summary>How long this network must wait before its next try at this account; zero for not at all.</summary>
    public TimeSpan PauseOf(string account, string network) => Pause((account, network), FreeTries, LongestPause);

    /// <summary>How long a network that has never logged in to this account must wait; zero for not at all.</summary>
    public TimeSpan PauseOfStrangers(string account) => Pause((account, null), FreeTriesFromEverywhere, LongestPauseFromEverywhere);

    /// <summary>Counts a wrong password.</summary>
    public void Failed(string account, string network)
    {
        lock (_lock)
        {
            Count((account, network));
            Count((account, null));
        }
    }

    /// <summary>Forgets the network's wrong ones.</summary>
    public void Succeeded(string account, string network)
    {
        lock (_lock)
        {
            _failures.Remove((account, network));
        }
    }

    private TimeSpan Pause((string, string?) key, int free, TimeSpan longest)
    {
        lock (_lock)
        {
            if (!_failures.TryGetValue(key, out var failures) || failures.Count < free)
            {
                return TimeSpan.Zero;
            }

            var since = time.GetElapsedTime(failures.LastAt);
            if (since >= Memory)
            {
                _failures.Remove(key);
                return TimeSpan.Zero;
            }

            var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures.Count - free, 30)), longest.TotalSeconds));
            return pause > since ? pause - since : TimeSpan.Zero;
        }
    }

    private void Count((string, string?) key)
    {
        var now = time.GetTimestamp();
        if (_failures.TryGetValue(key, out var failures))
        {
            _failures[key] = new Failures(time.GetElapsedTime(failures.LastAt, now) < Memory ? failures.Count + 1 : 1, now);
            return;
        }

        if (_failures.Count >= Most)
        {
            MakeRoom(now);
        }

        _failures[key] = new Failures(1, now);
    }

    /// <summary>Forgets what is old; where all is new, what weighs least, so that a flood of names does not free those that are guessed at.</summary>
    private void MakeRoom(long now)
    {
        foreach (var key in _failures.Where(pair => time.GetElapsedTime(pair.Value.LastAt, now) >= Memory).Select(static pair => pair.Key).ToList())
        {
            _failures.Remove(key);
        }

        if (_failures.Count >= Most)
        {
            foreach (var key in _failures.OrderBy(static pair => pair.Value.Count).Take(Most / 4).Select(static pair => pair.Key).ToList())
            {
                _failures.Remove(key);
            }
        }
    }

    private readonly record struct Failures(int Count, long LastAt);
}
