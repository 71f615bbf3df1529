using System.Net.WebSockets;
using System.Text;
using Causeway.Testing;

namespace Causeway.WebSockets.Tests;

/// <summary>Another implementation's client talks with the echo server.</summary>
internal static class ClientConversation
{
    /// <summary>Sends texts of several sizes, expects them back, and closes in order.</summary>
    public static async Task HoldAsync(ClientWebSocket client)
    {
        foreach (var length in new[] { 0, 5, 600, 70, 60_000 })
        {
            var text = string.Concat(Enumerable.Range(0, length / 5).Select(static i => $"{i % 1000},🚀"))[..(length / 5 * 2)];
            await client.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).Within();
            Assert.Equal(text, await ReadAsync(client));
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).Within();
        Assert.Equal((WebSocketCloseStatus.NormalClosure, "bye"), (client.CloseStatus, client.CloseStatusDescription));
    }

    private static async Task<string> ReadAsync(ClientWebSocket client)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[4096];
        WebSocketReceiveResult result;
        do
        {
            result = await client.ReceiveAsync(buffer, CancellationToken.None).Within();
            whole.Write(buffer, 0, result.Count);
        }
        while (!result.EndOfMessage);
        return Encoding.UTF8.GetString(whole.ToArray());
    }
}
