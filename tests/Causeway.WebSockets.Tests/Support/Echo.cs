using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.WebSockets.Tests;

/// <summary>A whole WebSocket server made of the library's parts: it sends back what comes, and closes as the rules demand.</summary>
internal static class Echo
{
    /// <summary>Serves <c>/ws</c>: text is echoed, binary refused with 1003 unless the query says <c>binary</c>.</summary>
    public static void Map(WebApplication app) => app.Map("/ws", context => RunAsync(context));

    public static Task<TestServer> StartAsync() => TestServer.StartAsync(Map);

    private static async Task RunAsync(HttpContext context)
    {
        if (WebSocketHandshake.Validate(context) is { } fault)
        {
            var isVersion = WebSocketHandshake.IsUnsupportedVersion(context);
            context.Response.StatusCode = isVersion ? StatusCodes.Status426UpgradeRequired : StatusCodes.Status400BadRequest;
            if (isVersion)
            {
                context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            }

            await context.Response.WriteAsync($"{WebSocketHandshake.IsWebSocketRequest(context)} {fault}");
            return;
        }

        var deflate = PermessageDeflate.TryNegotiate(context.Request.Headers.SecWebSocketExtensions, out var extensions);
        var subprotocol = context.Request.Headers.SecWebSocketProtocol.ToString() is { Length: > 0 } offered ? offered.Split(',')[0] : null;
        var stream = await WebSocketHandshake.AcceptAsync(context, subprotocol, extensions);
        var outlet = Outlet.ForUpgraded(context, stream);
        using var reader = new MessageReader(FramingCases.MaxMessageBytes, deflate);
        var binary = context.Request.Query.ContainsKey("binary");
        try
        {
            await ConverseAsync(stream, outlet, reader, deflate, binary);

            // A connection closed with bytes unread would be reset, and the peer could lose the close frame.
            var rest = new byte[4096];
            while (await stream.ReadAsync(rest) > 0)
            {
                // Dropped.
            }
        }
        catch (IOException)
        {
            // The peer is gone.
        }
    }

    private static async Task ConverseAsync(Stream stream, Outlet outlet, MessageReader reader, bool deflate, bool binary)
    {
        while (true)
        {
            while (reader.TryRead(out var message) is var status and not ReadStatus.NeedMore)
            {
                var (answer, isLast) = status is ReadStatus.Failed
                    ? (FrameBuilder.BuildClose(reader.Failure!.CloseCode, reader.Failure.Reason), true)
                    : Answer(message, deflate, binary);
                if (answer.Length > 0)
                {
                    await outlet.WriteAsync(answer);
                }

                if (isLast)
                {
                    return;
                }
            }

            reader.ReleaseIfIdle();
#pragma warning disable CA2022 // a read of nothing waits until there is something, with no buffer held
            await stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
            var count = await stream.ReadAsync(reader.GetBuffer());
            if (count == 0)
            {
                return;
            }

            reader.Advance(count);
        }
    }

    private static (byte[] Answer, bool IsLast) Answer(ReceivedMessage message, bool deflate, bool binary) => message.Kind switch
    {
        Opcode.Text => ((deflate ? PermessageDeflate.TryBuildFrame(message.Payload.Span) : null) ?? FrameBuilder.Build(Opcode.Text, message.Payload.Span), false),
        Opcode.Binary when binary => (FrameBuilder.Build(Opcode.Binary, message.Payload.Span), false),
        Opcode.Binary => (FrameBuilder.BuildClose(1003, "Text, please."), true),
        Opcode.Ping => (FrameBuilder.Build(Opcode.Pong, message.Payload.Span), false),
        Opcode.Close when message.CloseCode == 1005 => (FrameBuilder.Build(Opcode.Close, default), true),
        Opcode.Close => (FrameBuilder.BuildClose(message.CloseCode, message.CloseReason), true),
        _ => ([], false),
    };
}

/// <summary>One echo server for a class of tests.</summary>
public sealed class EchoServer : IAsyncLifetime
{
    private TestServer _server = null!;

    public Uri WebSocket => _server.WebSocketUri();

    public Uri Base => _server.BaseAddress;

    public async ValueTask InitializeAsync() => _server = await Echo.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
