using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>When access without a credential is granted to the local machine's user.</summary>
public enum AuthMode
{
    /// <summary>Only where every setting agrees that nobody else can reach the service.</summary>
    Local,

    /// <summary>Never: everybody needs a credential.</summary>
    Required,
}

/// <summary>The settings that decide who can reach the service. The names in the messages are those of the configuration file.</summary>
public sealed class ExposureOptions : IValidatableObject
{
    /// <summary>Every address the service listens on, as in <c>http://127.0.0.1:8080</c>.</summary>
    /// <value>Default none, which counts as exposed: it is not known who can reach it.</value>
    public IList<string> Urls { get; } = [];

    /// <summary>The address people use, where it is not the one listened on, as in <c>https://live.example.com</c>.</summary>
    /// <value>An absolute http or https address without path, query and user. Default null.</value>
    public string? PublicUrl { get; set; }

    /// <summary>Addresses or networks (CIDR) of proxies whose forwarding headers are believed.</summary>
    /// <value>Default none.</value>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Whether local access is wanted (<see cref="AuthMode.Local"/>) or refused (<see cref="AuthMode.Required"/>).</summary>
    /// <value>Default null: local where the addresses allow it. <see cref="AuthMode.Local"/> said outright contradicts an exposed address.</value>
    public AuthMode? AuthMode { get; set; }

    /// <summary>Whether any of <see cref="Urls"/> is more than a loopback address.</summary>
    public bool ListensBeyondLoopback => Urls.Any(static url => !TryParseListenUrl(url, out var address) || !IsLoopback(address!));

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Problems().Select(static problem => new ValidationResult(problem));

    /// <summary>Everything that is wrong or contradicts itself, each with what to change; empty when all is well.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var url in Urls)
        {
            if (!TryParseListenUrl(url, out _))
            {
                yield return $"Server:Urls: '{url}' is not an address to listen on, such as http://127.0.0.1:8080.";
            }
        }

        if (PublicUrl is not null && !IsPublicUrl(PublicUrl))
        {
            yield return $"Server:PublicUrl: '{PublicUrl}' must be http(s)://host[:port] with no path, query or user.";
        }

        foreach (var proxy in TrustedProxies)
        {
            if (!IPNetwork.TryParse(proxy, out var network) && !IPAddress.TryParse(proxy, out _))
            {
                yield return $"Server:TrustedProxies: '{proxy}' is neither an address nor a network such as 10.0.0.0/8.";
            }
            else if (proxy.Contains('/', StringComparison.Ordinal) && network.PrefixLength == 0)
            {
                yield return $"Server:TrustedProxies: '{proxy}' would believe everybody's forwarding headers; name your proxies' addresses.";
            }
        }

        if (AuthMode is Http.AuthMode.Local && ReasonToBeExposed() is { } reason)
        {
            yield return $"Auth:Mode is local, but {reason}. Remove Auth:Mode (then everybody needs a credential) or that setting.";
        }
    }

    private static bool IsPublicUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https"
        && url is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
        && url.Host.Length > 0;

    internal static bool TryParseListenUrl(string text, out BindingAddress? address)
    {
        address = null;
        try
        {
            address = BindingAddress.Parse(text);
        }
        catch (FormatException)
        {
            return false;
        }

        return address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Why strangers may reach the service by its addresses; null where they can't.</summary>
    internal string? ReasonToBeExposed()
    {
        if (Urls.Count == 0)
        {
            return "the addresses it listens on are not known";
        }

        foreach (var url in Urls)
        {
            if (!TryParseListenUrl(url, out var address) || !IsLoopback(address!))
            {
                return $"the service listens on {url}, which is not a loopback address";
            }
        }

        if (PublicUrl is not null)
        {
            return $"Server:PublicUrl is {PublicUrl}";
        }

        return TrustedProxies.Count > 0 ? "Server:TrustedProxies is set" : null;
    }

    // Any name but localhost makes Kestrel listen on every address, and behind a Unix socket stands a proxy.
    private static bool IsLoopback(BindingAddress address) =>
        !address.IsUnixPipe
        && !address.IsNamedPipe
        && (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host.AsSpan().Trim("[]"), out var ip) && IPAddress.IsLoopback(ip)));
}
