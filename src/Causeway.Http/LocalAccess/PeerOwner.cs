using System.Net;

namespace Causeway.Http;

/// <summary>Decides whether the other end of a loopback connection belongs to the service's own user or to root.</summary>
internal static class PeerOwner
{
    // Asked once per connection, as a connection doesn't change hands. A small table instead of a note on the connection, since most
    // connections ask once or never and live long; two that meet in a slot only ask again.
    private static readonly Answer?[] Answers = new Answer?[1_024];

    private static readonly Lazy<uint> OwnUser = new(Libc.GetEffectiveUserId);

    /// <summary>Whether the owner of <paramref name="peer"/>'s socket is trusted; on systems other than Linux it can't be read, and is.</summary>
    /// <param name="connectionId">Names the connection for as long as the process lives; null: the answer is not kept.</param>
    /// <param name="peer">The far end.</param>
    /// <param name="own">The near end.</param>
    public static bool IsTrusted(string? connectionId, IPEndPoint peer, IPEndPoint own)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        if (connectionId is null)
        {
            return IsTrusted(peer, own);
        }

        ref var slot = ref Answers[(uint)string.GetHashCode(connectionId) % (uint)Answers.Length];
        if (Volatile.Read(ref slot) is { } known && known.ConnectionId == connectionId)
        {
            return known.IsTrusted;
        }

        var answer = new Answer(connectionId, IsTrusted(peer, own));
        Volatile.Write(ref slot, answer);
        return answer.IsTrusted;
    }

    private static bool IsTrusted(IPEndPoint peer, IPEndPoint own) => FindUser(peer, own) is { } user && (user == 0 || user == OwnUser.Value);

    /// <summary>The user id of the socket whose near end is <paramref name="peer"/>; null where it is not established, is nobody's any more, or can't be found.</summary>
    internal static uint? FindUser(IPEndPoint peer, IPEndPoint own)
    {
        var near = Unmapped(peer);
        var far = Unmapped(own);
        var socket = SocketDiagnosis.Find(near, far, out var isAvailable);
        if (!isAvailable)
        {
            socket = ProcNetTcp.Find(near, far);
        }

        // A socket that its process has closed has no inode and reports root as its owner.
        return socket is { IsEstablished: true, Inode: not 0 } ? socket.Value.UserId : null;
    }

    private static IPEndPoint Unmapped(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;

    private sealed record Answer(string ConnectionId, bool IsTrusted);
}

/// <summary>What the kernel knows of a TCP socket.</summary>
internal readonly record struct SocketState(bool IsEstablished, uint UserId, uint Inode);
