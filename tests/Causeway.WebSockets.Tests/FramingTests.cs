using Causeway.Testing;

namespace Causeway.WebSockets.Tests;

/// <summary>The rules of RFC 6455 over real sockets: each case as one packet, and dribbled a byte at a time.</summary>
public sealed class FramingTests(EchoServer server) : IClassFixture<EchoServer>
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
    public async Task Receive_ByTheRulesOrNot_AnswersAsTheRulesSay(string name, bool dribbled)
    {
        var @case = FramingCases.Named(name);
        using var socket = await RawWebSocket.ConnectAsync(server.WebSocket);

        var said = await Conversation.HoldAsync(socket, @case.Bytes, dribbled, @case.CloseCode is not null);

        Assert.Equal(@case.Texts, said.Texts);
        Assert.Equal(@case.Pongs, said.Pongs);
        Assert.Equal(@case.CloseCode, said.CloseCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public async Task Receive_Binary_ComesBackByteForByte(int length)
    {
        using var socket = await RawWebSocket.ConnectAsync(new Uri(server.WebSocket + "?binary"));
        var payload = new byte[length];
        new Random(length).NextBytes(payload);

        await socket.SendAsync(new WireFrame(WireOpcode.Binary, payload));
        var frame = await socket.ReadFrameAsync();

        Assert.Equal(WireOpcode.Binary, frame!.Opcode);
        Assert.Equal(payload, frame.Payload);
    }
}
