using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Who the client is, as <c>X-Forwarded-*</c> and <c>Forwarded</c> (RFC 7239) tell the backend. Requests of one connection share it while it stays true.</summary>
internal sealed class ClientChain
{
    private readonly IPAddress? _client;
    private readonly string _host;

    private ClientChain(IPAddress? client, IPAddress? peer, string host, string scheme)
    {
        _client = client;
        _host = host;
        Scheme = scheme;
        IsBehindTrustedProxy = client is not null && peer is not null && !client.Equals(peer);
        var name = NameOf(client);
        For = IsBehindTrustedProxy ? $"{name}, {NameOf(peer)}" : name;
        var own = $"for={NodeOf(client)};host={Quoted(host)};proto={scheme}";
        Forwarded = IsBehindTrustedProxy ? $"{own}, for={NodeOf(peer)}" : own;
    }

    /// <summary>The client, then the trusted proxy that said so.</summary>
    public string For { get; }

    public string Forwarded { get; }

    public string Scheme { get; }

    /// <summary>Whether a proxy that the application trusts told the client's address: the forwarded-headers middleware has then put it in place of the proxy's own.</summary>
    public bool IsBehindTrustedProxy { get; }

    public static ClientChain Of(HttpContext context)
    {
        var client = context.Connection.RemoteIpAddress;
        var host = context.Request.Host.Value ?? "";
        var scheme = context.Request.Scheme;
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null
            && items.TryGetValue(typeof(ClientChain), out var kept)
            && kept is ClientChain chain
            && ReferenceEquals(chain._client, client)
            && chain._host == host
            && chain.Scheme == scheme)
        {
            return chain;
        }

        chain = new ClientChain(client, PeerOf(context), host, scheme);
        if (items is not null && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            items[typeof(ClientChain)] = chain;
        }

        return chain;
    }

    // Who is at the other end of the connection itself, whatever headers say.
    private static IPAddress? PeerOf(HttpContext context)
    {
        if (context.Features.Get<IConnectionEndPointFeature>() is { RemoteEndPoint: IPEndPoint peer })
        {
            return peer.Address;
        }

        try
        {
            return (context.Features.Get<IConnectionSocketFeature>()?.Socket.RemoteEndPoint as IPEndPoint)?.Address;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            return null;
        }
    }

    private static string NameOf(IPAddress? address) => address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } => new IPAddress(address.GetAddressBytes()).ToString(),
        _ => address.ToString(),
    };

    private static string NodeOf(IPAddress? address) => NameOf(address) is var name && name.Contains(':', StringComparison.Ordinal) ? $"\"[{name}]\"" : name;

    private static string Quoted(string host) => $"\"{host.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
