using System.Net;
using System.Net.Sockets;

namespace Causeway.Hosting;

/// <summary>One row of <c>/proc/net/tcp</c> or <c>tcp6</c>.</summary>
/// <param name="Local">Its own end.</param>
/// <param name="Remote">The far end; port 0 while it listens.</param>
/// <param name="State">The kernel's number of its state.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="Inode">Names it among the open files of processes; 0 where no process has it any more.</param>
internal sealed record TcpSocket(IPEndPoint Local, IPEndPoint Remote, int State, uint UserId, ulong Inode)
{
    /// <summary>It waits for late segments only, and never blocks a bind: the platform sets SO_REUSEADDR for every one.</summary>
    public const int TimeWait = 6;

    private const int Listening = 10;

    private static readonly string[] Names =
    [
        "UNKNOWN", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
    ];

    public bool IsListening => State == Listening;

    /// <summary>The state as other tools call it.</summary>
    public string StateName => State >= 0 && State < Names.Length ? Names[State] : Names[0];

    /// <summary>Whether it may stand in the way of listening there: the same port, and an address that is the same or stands for all.</summary>
    public bool Overlaps(IPEndPoint wanted)
    {
        if (Local.Port != wanted.Port)
        {
            return false;
        }

        var own = Unmapped(Local.Address);
        var other = Unmapped(wanted.Address);
        if (IsWildcard(own) || IsWildcard(other))
        {
            // Only :: reaches into the other family; whether it is kept out of it, this table does not tell.
            return own.AddressFamily == other.AddressFamily || own.Equals(IPAddress.IPv6Any) || other.Equals(IPAddress.IPv6Any);
        }

        return own.Equals(other);
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPAddress Unmapped(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
