using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Causeway.WebSockets;

/// <summary>The opening handshake: RFC 6455 §4.2 on HTTP/1.1, RFC 8441 on HTTP/2.</summary>
public static class WebSocketHandshake
{
    /// <summary>The version spoken here, as it stands in <c>Sec-WebSocket-Version</c>.</summary>
    public const string Version = "13";

    private const int KeyBytes = 16;
    private const int KeyCharacters = 24;

    /// <summary>Whether the request tries to open a WebSocket, well formed or not.</summary>
    public static bool IsWebSocketRequest(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Request.Headers;
        return IsExtendedConnect(context)
            || HasToken(headers.Upgrade, "websocket")
            || headers.ContainsKey(HeaderNames.SecWebSocketKey);
    }

    /// <summary>Whether the request speaks another version of the protocol: to be answered 426 with <c>Sec-WebSocket-Version: 13</c>.</summary>
    public static bool IsUnsupportedVersion(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var version = context.Request.Headers.SecWebSocketVersion;
        return version.Count > 0 && version != Version;
    }

    /// <summary>Judges an attempt at upgrading.</summary>
    /// <returns>Null where <see cref="AcceptAsync"/> may be called; else what is wrong, in one sentence for the client.</returns>
    public static string? Validate(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Request.Headers;
        if (headers.SecWebSocketVersion != Version)
        {
            return "Sec-WebSocket-Version must be 13.";
        }

        if (IsExtendedConnect(context))
        {
            return null;
        }

        return context switch
        {
            _ when !HttpMethods.IsGet(context.Request.Method) => "A WebSocket is opened with GET.",
            _ when !HttpProtocol.IsHttp11(context.Request.Protocol) => "A WebSocket is opened over HTTP/1.1, or with CONNECT over HTTP/2.",
            _ when !HasToken(headers.Upgrade, "websocket") => "The Upgrade header must name websocket.",
            _ when !HasToken(headers.Connection, "upgrade") => "The Connection header must name Upgrade.",
            _ when !IsKey(headers.SecWebSocketKey) => "Sec-WebSocket-Key must be 16 bytes in base64.",
            _ when context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } => "This request can't be upgraded.",
            _ => null,
        };
    }

    /// <summary>Answers 101 (HTTP/1.1) or 200 (HTTP/2).</summary>
    /// <param name="context">A request that <see cref="Validate"/> found in order.</param>
    /// <param name="subprotocol">One that the client offered, or null.</param>
    /// <param name="extensions">What <see cref="PermessageDeflate.TryNegotiate"/> answered, or null.</param>
    /// <returns>The connection's stream, when the answer is on its way. Write to it through <see cref="Outlet.ForUpgraded"/> only.</returns>
    public static async Task<Stream> AcceptAsync(HttpContext context, string? subprotocol, string? extensions)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Response.Headers;
        if (subprotocol is not null)
        {
            headers.SecWebSocketProtocol = subprotocol;
        }

        if (extensions is not null)
        {
            headers.SecWebSocketExtensions = extensions;
        }

        // Limits made for requests, not for conversations.
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            return await connect.AcceptAsync();
        }

        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AcceptFor(context.Request.Headers.SecWebSocketKey.ToString());
        var upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        if (RawLine.Find(context) is not { } line)
        {
            return await upgrade.UpgradeAsync();
        }

        var sentBefore = line.BytesTaken;
        var stream = await upgrade.UpgradeAsync();
        await line.WaitForHeadAsync(context, sentBefore);
        return stream;
    }

    /// <summary>A client's <c>Sec-WebSocket-Key</c>: 16 random bytes in base64.</summary>
    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary><c>Sec-WebSocket-Accept</c> for a key. RFC 6455 §4.2.2.</summary>
    public static string AcceptFor(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // the protocol demands SHA-1 here; nothing is kept secret by it
        SHA1.HashData(Encoding.Latin1.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }

    private static bool IsExtendedConnect(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: { } protocol }
        && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    private static bool IsKey(StringValues key) =>
        key is [{ Length: KeyCharacters } text] && Base64.IsValid(text, out var bytes) && bytes == KeyBytes;

    private static bool HasToken(StringValues values, string token)
    {
        foreach (var line in values)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[range].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
