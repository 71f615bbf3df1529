using System.Text;
using Causeway.Testing;

namespace Causeway.WebSockets.Tests;

/// <summary>RFC 7692 over real sockets, each case as one packet and dribbled.</summary>
public sealed class DeflateFramingTests(EchoServer server) : IClassFixture<EchoServer>
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 300).Select(static i => $"{{\"i\":{i}}},"));
    private static readonly byte[] LongDeflated = WireFrame.Deflate(Encoding.UTF8.GetBytes(Long));

    private static readonly Dictionary<string, FramingCase> Cases = new FramingCase[]
    {
        Texts("a compressed message", [Compressed(LongDeflated)], Long),
        Texts("a plain message beside", [WireFrame.OfText("plain")], "plain"),
        Texts("compressed, plain, compressed", [Compressed(LongDeflated), WireFrame.OfText("plain"), Compressed(LongDeflated)], Long, "plain", Long),
        Texts(
            "a compressed message in fragments",
            [Compressed(LongDeflated[..5]) with { Fin = false }, Rest(LongDeflated[5..9], false), Rest(LongDeflated[9..], true)],
            Long),
        Texts(
            "a ping between compressed fragments",
            [Compressed(LongDeflated[..5]) with { Fin = false }, new WireFrame(WireOpcode.Ping, [1]), Rest(LongDeflated[5..], true)],
            Long) with { Pongs = [[1]] },
        Texts("an empty message of one stored block", [Compressed([0x00])], ""),
        Texts("the RFC's Hello", [Compressed([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])], "Hello"),
        Texts("the RFC's Hello in two blocks", [Compressed([0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00])], "Hello"),
        Texts("the RFC's Hello in a stored block", [Compressed([0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00])], "Hello"),
        Texts("the RFC's Hello in a last block", [Compressed([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])], "Hello"),
        Texts("the largest message", [Compressed(WireFrame.Deflate(new byte[FramingCases.MaxMessageBytes]))], new string('\0', FramingCases.MaxMessageBytes)),
        Closes("one byte more than the largest", 1009, Compressed(WireFrame.Deflate(new byte[FramingCases.MaxMessageBytes + 1]))),
        Closes("a decompression bomb", 1009, Compressed(WireFrame.Deflate(new byte[50_000_000]))),
        Closes("a bomb in fragments", 1009, Compressed(WireFrame.Deflate(new byte[5_000_000])[..20]) with { Fin = false }, Rest(WireFrame.Deflate(new byte[5_000_000])[20..], true)),
        Closes("compressed bytes beyond any limit", 1009, Compressed([]) with { ClaimedLength = 80_000 }),
        Closes("no deflate data", 1007, Compressed([0xff, 0xff, 0xff, 0xff])),
        Closes("a torso of deflate data", 1007, Compressed(LongDeflated[..^3])),
        Closes("no byte at all", 1007, Compressed([])),
        Closes("a stored block with a wrong check", 1007, Compressed([0x00, 0x05, 0x00, 0x00, 0x00, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00])),
        Closes("compressed text that is not UTF-8", 1007, Compressed(WireFrame.Deflate([0xff, 0xfe]))),
        Closes("RSV1 on a continuation", 1002, Compressed(LongDeflated[..5]) with { Fin = false }, Rest(LongDeflated[5..], true) with { Rsv = 4 }),
        Closes("RSV1 on a continuation of a plain message", 1002, WireFrame.OfText("a") with { Fin = false }, Rest([1], true) with { Rsv = 4 }),
        Closes("RSV1 on a ping", 1002, new WireFrame(WireOpcode.Ping, []) { Rsv = 4 }),
        Closes("RSV1 on a close", 1002, WireFrame.OfClose(1000) with { Rsv = 4 }),
        Closes("RSV2 on text", 1002, Compressed(LongDeflated) with { Rsv = 6 }),
        Closes("RSV1 on an unknown opcode", 1002, new WireFrame((WireOpcode)3, []) { Rsv = 4 }),
        Closes("compressed binary", 1003, new WireFrame(WireOpcode.Binary, LongDeflated) { Rsv = 4 }),
    }.ToDictionary(static c => c.Name);

    public static TheoryData<string, bool> Names()
    {
        var data = new TheoryData<string, bool>();
        foreach (var @case in Cases.Values)
        {
            data.Add(@case.Name, false);
            if (@case.Bytes.Length <= 2_000)
            {
                data.Add(@case.Name, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Receive_Compressed_AnswersAsTheRulesSay(string name, bool dribbled)
    {
        var @case = Cases[name];
        using var socket = await RawWebSocket.ConnectAsync(server.WebSocket, new RawHandshake { Extensions = "permessage-deflate; client_max_window_bits" });
        Assert.Equal("permessage-deflate; server_no_context_takeover; client_no_context_takeover", socket.Answer.Header("Sec-WebSocket-Extensions"));

        var said = await Conversation.HoldAsync(socket, @case.Bytes, dribbled, @case.CloseCode is not null);

        Assert.Equal(@case.Texts, said.Texts);
        Assert.Equal(@case.Pongs, said.Pongs);
        Assert.Equal(@case.CloseCode, said.CloseCode);
    }

    private static WireFrame Compressed(byte[] deflated) => new(WireOpcode.Text, deflated) { Rsv = 4 };

    private static WireFrame Rest(byte[] deflated, bool fin) => new(WireOpcode.Continuation, deflated) { Fin = fin };

    private static FramingCase Texts(string name, WireFrame[] frames, params string[] texts) =>
        new(name, [.. frames.SelectMany(static f => f.Encode())]) { Texts = texts };

    private static FramingCase Closes(string name, int code, params WireFrame[] frames) =>
        new(name, [.. frames.SelectMany(static f => f.Encode())]) { CloseCode = code };
}
