using System.Net.Sockets;
using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>The rules of RFC 6455 against the real program: each case as one packet, and dribbled a byte at a time.</summary>
public sealed class FramingTests(LocalServer server) : IClassFixture<LocalServer>
{
    private const int LongestDribble = 2_000;

    public static TheoryData<string, bool> Cases()
    {
        var data = new TheoryData<string, bool>();
        foreach (var @case in FramingCases.All)
        {
            data.Add(@case.Name, false);
            if (@case.Bytes.Length <= LongestDribble)
            {
                data.Add(@case.Name, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Send_ByTheRulesOrNot_AnswersAsTheRulesSay(string name, bool dribbled)
    {
        var @case = FramingCases.Named(name);
        using var socket = await RawWebSocket.ConnectAsync(server.Causeway.WebSocket);
        await socket.ReadTextAsync();

        var sending = SendAsync(socket, @case.Bytes, dribbled);
        var (answers, pongs, close) = await ReceiveAsync(socket, @case);
        await sending;

        // Every message of the cases has its one answer: a pong, or INVALID_JSON for the empty one.
        Assert.Equal(@case.Texts.Select(static text => text.Length == 0 ? "error" : "pong"), answers);
        Assert.Equal(@case.Pongs, pongs);
        if (@case.CloseCode is 1005)
        {
            // A close without a code may be answered with none, or with the normal one.
            Assert.Contains(close!.Code, new[] { 1000, 1005 });
        }
        else
        {
            Assert.Equal(@case.CloseCode, close?.Code);
        }

        if (@case.CloseCode is null)
        {
            await socket.SendTextAsync("""{"type":"ping"}""");
            Assert.Contains("pong", await socket.ReadTextAsync(), StringComparison.Ordinal);
        }
        else
        {
            Assert.False(await EndsAsync(socket), "The server must end the connection after the closing handshake.");
        }
    }

    private static async Task SendAsync(RawWebSocket socket, byte[] bytes, bool dribbled)
    {
        try
        {
            await (dribbled ? socket.Connection.DribbleAsync(bytes) : socket.Connection.SendAsync(bytes));
        }
        catch (SocketException)
        {
            // The server need not take the rest of what it has refused.
        }
    }

    private static async Task<(List<string> Answers, List<byte[]> Pongs, WireClose? Close)> ReceiveAsync(RawWebSocket socket, FramingCase @case)
    {
        var answers = new List<string>();
        var pongs = new List<byte[]>();
        while (@case.CloseCode is not null || answers.Count < @case.Texts.Count || pongs.Count < @case.Pongs.Count)
        {
            var frame = await socket.ReadFrameAsync();
            switch (frame?.Opcode)
            {
                case WireOpcode.Text:
                    answers.Add(new LiveMessage(JsonElement.Parse(frame.Payload)).Type);
                    break;
                case WireOpcode.Pong:
                    pongs.Add(frame.Payload);
                    break;
                case WireOpcode.Close:
                    return (answers, pongs, await socket.AnswerCloseAsync(frame));
                case null:
                    return (answers, pongs, WireClose.Broken);
                default:
                    Assert.Fail($"An unexpected frame: {frame.Opcode}");
                    break;
            }
        }

        return (answers, pongs, null);
    }

    /// <summary>Whether anything but the end of the stream comes.</summary>
    private static async Task<bool> EndsAsync(RawWebSocket socket)
    {
        try
        {
            return await socket.Connection.AnyAsync();
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
