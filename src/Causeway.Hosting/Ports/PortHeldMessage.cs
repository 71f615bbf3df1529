using System.Globalization;
using System.Net;

namespace Causeway.Hosting;

/// <summary>What a person is told about a held address: who has it and what to do.</summary>
internal static class PortHeldMessage
{
    private const string Elsewhere = "or listen elsewhere with --Server:Urls=http://127.0.0.1:PORT.";

    /// <summary>The message.</summary>
    /// <param name="url">The address as it was configured.</param>
    /// <param name="holders">Who was found.</param>
    public static string For(string url, IReadOnlyList<PortHolder> holders)
    {
        if (holders.Count == 0)
        {
            return $"{url} is held by an unknown holder: no socket of it is visible here, so it may be in another network namespace. Stop it, {Elsewhere}";
        }

        // Accepted connections belong to the listener that is named anyway.
        var named = holders.Any(static holder => holder.IsListening) ? holders.Where(static holder => holder.IsListening) : holders;
        var who = string.Join(", and by ", named);
        var action = holders[0] switch
        {
            { Kind: HolderKind.Unknown } => "Look again as root with ss -ltnp or causeway doctor port, stop it,",
            { Kind: HolderKind.ThisService } => "Stop it, or allow it to be taken over with --Server:TakeOver=same,",
            { Kind: HolderKind.OtherInstance } => "It is another Causeway instance: stop it, allow it to be taken over with --Server:TakeOver=any,",
            { IsListening: false } => "A port under the range of /proc/sys/net/ipv4/ip_local_port_range does not meet this. Wait until the connection has ended,",
            _ => "It is not this service and was left alone. Stop it,",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{url} is held by {who}. {action} {Elsewhere}");
    }

    /// <summary>The same for an address that was free a moment ago, named by the web server's own error.</summary>
    public static string For(string url)
    {
        if (!OperatingSystem.IsLinux() || ListenAddress.Parse(url).EndPoints is not { Count: > 0 } endPoints)
        {
            return $"{url} is held by another process. Stop that process, {Elsewhere}";
        }

        return For(url, PortInspection.Holders([.. endPoints], dataDirectory: null));
    }
}
