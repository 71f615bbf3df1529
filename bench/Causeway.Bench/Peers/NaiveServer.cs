using System.Collections.Concurrent;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.Bench.Peers;

/// <summary>The loop most tutorials show: keep the sockets in a dictionary, await a send to each.</summary>
internal sealed class NaiveServer
{
    private readonly ConcurrentDictionary<WebSocket, bool> _sockets = new();
    private readonly ConcurrentDictionary<HttpResponse, bool> _streams = new();

    public static Task ServeAsync(int port)
    {
        var app = KestrelPeer.CreateBuilder(port).Build();
        var server = new NaiveServer();
        app.UseWebSockets();
        app.Map("/sub", context => server.ReadAsync(context, isMember: true, static (_, _) => Task.CompletedTask));
        app.Map("/pub", context => server.ReadAsync(context, isMember: false, (_, message) => server.PublishAsync(message)));
        app.Map("/echo", context => server.ReadAsync(context, isMember: false, static (socket, message) =>
            socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).AsTask()));
        app.Map("/sse", server.StreamAsync);
        return app.RunAsync();
    }

    private async Task PublishAsync(ReadOnlyMemory<byte> message)
    {
        foreach (var socket in _sockets.Keys)
        {
            try
            {
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
            catch (WebSocketException)
            {
                _sockets.TryRemove(socket, out _);
            }
        }

        if (_streams.IsEmpty)
        {
            return;
        }

        byte[] data = [.. "data: "u8, .. message.Span, .. "\n\n"u8];
        foreach (var stream in _streams.Keys)
        {
            await stream.Body.WriteAsync(data);
        }
    }

    private async Task ReadAsync(HttpContext context, bool isMember, Func<WebSocket, ReadOnlyMemory<byte>, Task> onMessage)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        if (isMember)
        {
            _sockets[socket] = true;
        }

        try
        {
            // One message of the largest scenario; a subscriber that only listens needs little.
            var buffer = new byte[isMember ? 256 : 8192];
            var length = 0;
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(length), context.RequestAborted);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                length += result.Count;
                if (result.EndOfMessage)
                {
                    await onMessage(socket, buffer.AsMemory(0, length));
                    length = 0;
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client is gone.
        }
        finally
        {
            _sockets.TryRemove(socket, out _);
        }
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        _streams[context.Response] = true;
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _streams.TryRemove(context.Response, out _);
        }
    }
}
