using System.Net;
using System.Net.Sockets;

namespace Causeway.Hosting;

/// <summary>Explains ports and data directories to people and scripts. Signals nobody and changes nothing. Linux only.</summary>
public static class PortDoctor
{
    /// <summary>Looks at one port.</summary>
    /// <param name="port">1–65,535.</param>
    /// <param name="urls">The addresses that should be listened on; those of other ports don't matter. Where none has the port: loopback and every address.</param>
    /// <param name="dataDirectory">The service's data directory, which tells its instance from a stranger; null for none.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static PortReport Examine(int port, IEnumerable<string> urls, string? dataDirectory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, IPEndPoint.MinPort + 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        ArgumentNullException.ThrowIfNull(urls);
        ThrowUnlessLinux();
        var configured = urls.SelectMany(static url => ListenAddress.Parse(url).EndPoints).Where(endPoint => endPoint.Port == port).ToList();
        var endPoints = configured.Count > 0 ? configured : ListenAddress.Everywhere(port);
        var addresses = endPoints.Select(static endPoint => (endPoint, error: ListenAddress.TryBind(endPoint))).ToList();
        var isHeld = addresses.Exists(static address => address.error == SocketError.AddressAlreadyInUse);
        var holders = PortInspection.Holders(endPoints, dataDirectory is null ? null : Path.GetFullPath(dataDirectory));
        return new PortReport(
            port,
            isHeld,
            [.. addresses.Select(static address => new AddressReport(address.endPoint.ToString(), address.error == SocketError.Success, Describe(address.error)))],
            holders,
            [.. Actions(isHeld, holders)]);
    }

    /// <summary>Looks at a data directory.</summary>
    /// <param name="dataDirectory">The directory; need not be there.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static InstanceReport Examine(string dataDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        ThrowUnlessLinux();
        var directory = Path.GetFullPath(dataDirectory);
        var record = InstanceRecord.TryRead(Path.Combine(directory, InstanceLock.RecordName));
        var proof = record is null ? null : InstanceProof.Of(record, directory);
        return new InstanceReport(
            directory,
            IsLocked(directory),
            record?.Pid,
            proof?.Holds ?? false,
            proof is null ? "there is no instance.json that can be read" : proof.Doubt ?? InstanceProof.Compared,
            record?.State,
            record?.Urls ?? [],
            record?.Version,
            record?.StartedAt,
            record?.DrainDeadline);
    }

    private static bool? IsLocked(string directory)
    {
        if (!File.Exists(Path.Combine(directory, InstanceLock.FileName)))
        {
            return false;
        }

        try
        {
            using var taken = InstanceLock.TryTake(directory);
            return taken is null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void ThrowUnlessLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Only Linux tells who holds a port: its /proc is read.");
        }
    }

    private static string? Describe(SocketError error) => error switch
    {
        SocketError.Success => null,
        SocketError.AddressAlreadyInUse => "held",
        SocketError.AccessDenied => "not permitted to this user: ports under 1024 often need a right of their own",
        SocketError.AddressNotAvailable => "no address of this machine",
        _ => error.ToString(),
    };

    private static IEnumerable<string> Actions(bool isHeld, IReadOnlyList<PortHolder> holders)
    {
        if (!isHeld)
        {
            yield return "Nothing: the port is free.";
            yield break;
        }

        foreach (var action in holders.Where(holder => holder.IsListening || !holders.Any(static other => other.IsListening)).Select(Action))
        {
            yield return action;
        }

        if (holders.Count == 0)
        {
            yield return "No socket of it is visible here: the holder may be in another network namespace. Look there, or at the container that publishes the port.";
        }

        yield return "Listen elsewhere: --Server:Urls=http://127.0.0.1:PORT.";
    }

    private static string Action(PortHolder holder) => holder switch
    {
        { Kind: HolderKind.ThisService } => $"Start the service again: it asks process {holder.Pid} to stop, waits until it has drained, and takes its place (Server:TakeOver=same).",
        { Kind: HolderKind.OtherInstance } => $"Process {holder.Pid} is another Causeway instance ({holder.DataDirectory}): kill {holder.Pid} makes it drain and stop; a start with --Server:TakeOver=any does the same.",
        { Kind: HolderKind.Unknown, Sockets: var sockets } when sockets.All(static socket => socket.Inode == 0) => "Wait a moment: the kernel is still closing it.",
        { Kind: HolderKind.Unknown } => "Look again as root (sudo causeway doctor port …), or in the container it runs in.",
        { IsListening: false } => $"Wait until the connection of process {holder.Pid} has ended; it is a client that happens to use the port. A port under the range of /proc/sys/net/ipv4/ip_local_port_range does not meet this.",
        _ => $"Process {holder.Pid} is not this service and no start of it will touch it. If it is yours and not needed, stop it: kill {holder.Pid}.",
    };
}
