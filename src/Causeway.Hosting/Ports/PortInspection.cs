using System.Globalization;
using System.Net;

namespace Causeway.Hosting;

/// <summary>Looks at a port: who has it, and who they are to this service. Changes nothing and signals nobody.</summary>
internal static class PortInspection
{
    private const string SocketPrefix = "socket:[";

    /// <summary>Everybody who stands in the way of listening at these addresses; the listeners first.</summary>
    /// <param name="endPoints">The addresses, all of one port.</param>
    /// <param name="dataDirectory">This service's data directory; null where it has none, and then no holder is this service.</param>
    public static IReadOnlyList<PortHolder> Holders(IReadOnlyCollection<IPEndPoint> endPoints, string? dataDirectory)
    {
        var sockets = endPoints.Select(static endPoint => endPoint.Port).Distinct()
            .SelectMany(TcpTable.WithLocalPort)
            .Where(socket => endPoints.Any(socket.Overlaps))
            .ToList();
        if (sockets.Count == 0)
        {
            return [];
        }

        var owners = Owners(sockets.Select(static socket => socket.Inode).Where(static inode => inode != 0).ToHashSet());
        var record = dataDirectory is null ? null : InstanceRecord.TryRead(Path.Combine(dataDirectory, InstanceLock.RecordName));
        var users = UserNames();
        var seen = owners.SelectMany(static pair => pair.Value.Select(pid => (pid, inode: pair.Key)))
            .GroupBy(static pair => pair.pid, static pair => pair.inode)
            .Select(group => Describe(group.Key, [.. sockets.Where(socket => group.Contains(socket.Inode))], record, dataDirectory, users));
        var unseen = sockets.Where(socket => !owners.ContainsKey(socket.Inode))
            .GroupBy(static socket => socket.UserId)
            .Select(group => Unknown([.. group], users));
        return [.. seen.Concat(unseen).OrderByDescending(static holder => holder.IsListening).ThenBy(static holder => holder.Pid ?? int.MaxValue)];
    }

    /// <summary>Which processes have which of these sockets; an inherited one has several.</summary>
    private static Dictionary<ulong, List<int>> Owners(HashSet<ulong> inodes)
    {
        var owners = new Dictionary<ulong, List<int>>();
        if (inodes.Count == 0)
        {
            return owners;
        }

        foreach (var pid in ProcessTable.Ids())
        {
            foreach (var name in OpenFiles.Of(pid) ?? [])
            {
                if (name.StartsWith(SocketPrefix, StringComparison.Ordinal)
                    && ulong.TryParse(name.AsSpan(SocketPrefix.Length).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
                    && inodes.Contains(inode))
                {
                    if (!owners.TryGetValue(inode, out var pids))
                    {
                        owners[inode] = pids = [];
                    }

                    if (!pids.Contains(pid))
                    {
                        pids.Add(pid);
                    }
                }
            }
        }

        return owners;
    }

    private static PortHolder Describe(int pid, TcpSocket[] sockets, InstanceRecord? record, string? dataDirectory, Dictionary<uint, string> users)
    {
        var (kind, evidence, directory) = Identify(pid, record, dataDirectory);
        var process = ProcessFacts.TryRead(pid);
        var user = process?.UserId ?? sockets[0].UserId;
        return new PortHolder
        {
            Kind = kind,
            Pid = pid,
            Command = process?.Command ?? "?",
            Executable = process?.Executable,
            UserId = user,
            UserName = users.GetValueOrDefault(user),
            StartedAt = process?.StartedAt,
            Sockets = [.. sockets.Select(Describe)],
            Evidence = evidence,
            DataDirectory = directory,
        };
    }

    private static (HolderKind Kind, string Evidence, string? DataDirectory) Identify(int pid, InstanceRecord? record, string? dataDirectory)
    {
        if (pid == Environment.ProcessId)
        {
            return (HolderKind.Stranger, "it is the process that asks", null);
        }

        if (record?.Pid == pid)
        {
            var proof = InstanceProof.Of(record, dataDirectory!);
            return proof.Holds
                ? (HolderKind.ThisService, InstanceProof.Compared, dataDirectory)
                : (HolderKind.Stranger, $"instance.json names it, but {proof.Doubt}", null);
        }

        return InstanceProof.InstanceOf(pid, out var directory) is null
            ? (HolderKind.Stranger, "no instance record names it", null)
            : (HolderKind.OtherInstance, $"{InstanceProof.Compared}, in {directory}", directory);
    }

    private static PortHolder Unknown(TcpSocket[] sockets, Dictionary<uint, string> users) => new()
    {
        Kind = HolderKind.Unknown,
        UserId = sockets[0].UserId,
        UserName = users.GetValueOrDefault(sockets[0].UserId),
        Sockets = [.. sockets.Select(Describe)],
        Evidence = Array.TrueForAll(sockets, static socket => socket.Inode == 0)
            ? "no process has the socket any more: the kernel is still closing it"
            : "no process that this user may look into has the socket; it belongs to another user or runs in another container",
    };

    private static PortSocket Describe(TcpSocket socket) =>
        new(socket.StateName, socket.Local.ToString(), socket.IsListening ? null : socket.Remote.ToString(), socket.Inode);

    private static Dictionary<uint, string> UserNames()
    {
        var names = new Dictionary<uint, string>();
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
            {
                if (line.Split(':') is [var name, _, var id, ..] && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var user))
                {
                    names.TryAdd(user, name);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The numbers say enough.
        }

        return names;
    }
}
