using System.Collections.Frozen;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Which values of <c>Host</c> are answered, so that a name that somebody else points here (DNS rebinding) is not.</summary>
/// <remarks>
/// Always: <c>localhost</c>, <c>127.0.0.1</c>, <c>[::1]</c>. Local exposure: besides those only the configured names. Exposed: also the public
/// URL's host, names listened on, and the very address the connection came to (as load balancers' probes use it); and while neither a public
/// URL nor a name is configured, any IP address, because an address can't be rebound.
/// </remarks>
internal sealed class HostRules
{
    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly string[] _suffixes;
    private readonly bool _any;
    private readonly bool _exposed;

    public HostRules(Exposure exposure, IEnumerable<string> allowedHosts)
    {
        string[] configured = [.. allowedHosts];
        _any = configured.Contains("*");
        _exposed = !exposure.IsLocal;
        _suffixes = [.. configured.Where(static host => host.StartsWith("*.", StringComparison.Ordinal)).Select(static host => host[1..])];
        TakesAnyAddress = _exposed && configured.Length == 0 && exposure.PublicUrl is null;
        var names = configured.Where(static host => !host.StartsWith('*')).Select(Unbracketed);
        if (_exposed)
        {
            names = names.Concat(exposure.ListenHosts);
        }

        if (exposure.PublicUrl is { } publicUrl)
        {
            names = names.Append(Unbracketed(publicUrl.Host));
        }

        _names = names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether no name is configured, so that addresses stand in.</summary>
    public bool TakesAnyAddress { get; }

    public bool Allows(HttpContext context)
    {
        var host = context.Request.Host.Host;
        if (host.Length == 0)
        {
            return false;
        }

        if (LocalHosts.Contains(host) || _any)
        {
            return true;
        }

        var name = host.AsSpan().Trim("[]");
        if (_lookup.Contains(name) || HasAllowedSuffix(name))
        {
            return true;
        }

        return _exposed
            && IPAddress.TryParse(name, out var address)
            && (TakesAnyAddress || IsOwn(address, context.Connection.LocalIpAddress));
    }

    private static string Unbracketed(string host) => host.Trim('[', ']');

    private static bool IsOwn(IPAddress address, IPAddress? own) =>
        own is not null && (own.IsIPv4MappedToIPv6 ? own.MapToIPv4() : own).Equals(address);

    private bool HasAllowedSuffix(ReadOnlySpan<char> name)
    {
        foreach (var suffix in _suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
