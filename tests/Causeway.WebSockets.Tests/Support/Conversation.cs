using System.Net.Sockets;
using Causeway.Testing;

namespace Causeway.WebSockets.Tests;

/// <summary>What an echo server said to a sequence of bytes.</summary>
internal sealed record Conversation(IReadOnlyList<string> Texts, IReadOnlyList<byte[]> Pongs, int? CloseCode)
{
    private static readonly byte[] Mark = [1, 9, 8, 4];

    /// <summary>Sends bytes and collects the answers: up to the close frame where one is expected, else up to the pong to a ping sent last.</summary>
    public static async Task<Conversation> HoldAsync(RawWebSocket socket, byte[] bytes, bool dribbled, bool closes)
    {
        var sending = SendAsync(socket, closes ? bytes : [.. bytes, .. new WireFrame(WireOpcode.Ping, Mark).Encode()], dribbled);
        var (texts, pongs) = (new List<string>(), new List<byte[]>());
        int? closeCode = null;
        while (closeCode is null && await socket.ReadFrameAsync() is { } frame)
        {
            switch (frame.Opcode)
            {
                case WireOpcode.Close:
                    closeCode = frame.Payload.Length == 0 ? 1005 : (frame.Payload[0] << 8) | frame.Payload[1];
                    break;
                case WireOpcode.Pong when !closes && frame.Payload.AsSpan().SequenceEqual(Mark):
                    await sending;
                    return new Conversation(texts, pongs, null);
                case WireOpcode.Pong:
                    pongs.Add(frame.Payload);
                    break;
                default:
                    texts.Add((frame.Rsv & 4) != 0 ? System.Text.Encoding.UTF8.GetString(frame.Inflate()) : frame.Text);
                    break;
            }
        }

        await sending;
        socket.Connection.HalfClose();
        Assert.False(await socket.Connection.AnyAsync(), "Nothing may follow a close frame.");
        return new Conversation(texts, pongs, closeCode);
    }

    private static async Task SendAsync(RawWebSocket socket, byte[] bytes, bool dribbled)
    {
        try
        {
            await (dribbled ? socket.Connection.DribbleAsync(bytes) : socket.Connection.SendAsync(bytes));
        }
        catch (SocketException)
        {
            // A server need not take the rest of what it has refused.
        }
    }
}
