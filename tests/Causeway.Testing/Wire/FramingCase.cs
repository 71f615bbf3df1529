using System.Text;

namespace Causeway.Testing;

/// <summary>One sequence of bytes a client may send after the upgrade, and what RFC 6455 makes of it.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Bytes">What is sent.</param>
public sealed record FramingCase(string Name, byte[] Bytes)
{
    /// <summary>The close code that must come back; null where the connection lives on. 1005 stands for a close frame without a code.</summary>
    public int? CloseCode { get; init; }

    /// <summary>The text messages that arrive before the end, in order.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>The payloads of the pongs that must come back, in order.</summary>
    public IReadOnlyList<byte[]> Pongs { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The rules of RFC 6455 as bytes: over a hundred cases for a server that takes text messages of at most 65,536 bytes.</summary>
/// <remarks>Every text message is a JSON message of the live protocol, so that the same table runs against an echo and against the real program.</remarks>
public static class FramingCases
{
    /// <summary>The largest message in bytes that the cases assume to be allowed.</summary>
    public const int MaxMessageBytes = 65_536;

    private const string Hello = """{"type":"ping","payload":{"a":1}}""";
    private const string Umlauts = """{"type":"ping","payload":{"a":"grüße, κόσμε 🚀"}}""";

    /// <summary>All cases.</summary>
    public static IReadOnlyList<FramingCase> All { get; } = [.. Accepted(), .. Closed(), .. ProtocolErrors(), .. BadData(), .. TooBig()];

    /// <summary>The case of a name.</summary>
    public static FramingCase Named(string name) => All.Single(c => c.Name == name);

    private static IEnumerable<FramingCase> Accepted()
    {
        yield return Text("text in one frame", [WireFrame.OfText(Hello)], Hello);
        yield return Text("two messages in one packet", [WireFrame.OfText(Hello), WireFrame.OfText(Umlauts)], Hello, Umlauts);
        yield return Text("text of several bytes a character", [WireFrame.OfText(Umlauts)], Umlauts);
        yield return Text("a mask of zeros", [WireFrame.OfText(Hello) with { Mask = [0, 0, 0, 0] }], Hello);
        yield return Text("a mask of ones", [WireFrame.OfText(Hello) with { Mask = [255, 255, 255, 255] }], Hello);
        yield return Text("two fragments", Fragments(Hello, 10), Hello);
        yield return Text("a fragment a byte", Fragments(Hello, 1), Hello);
        yield return Text("characters cut by fragments", Fragments(Umlauts, 1), Umlauts);
        yield return Text("an empty first fragment", [Part(WireOpcode.Text, [], false), Part(WireOpcode.Continuation, Utf8(Hello), true)], Hello);
        yield return Text("an empty last fragment", [Part(WireOpcode.Text, Utf8(Hello), false), Part(WireOpcode.Continuation, [], true)], Hello);
        yield return Text(
            "empty fragments between",
            [Part(WireOpcode.Text, Utf8(Hello[..5]), false), Part(WireOpcode.Continuation, [], false), Part(WireOpcode.Continuation, [], false), Part(WireOpcode.Continuation, Utf8(Hello[5..]), true)],
            Hello);
        yield return Text("an empty message", [WireFrame.OfText("")], "");
        foreach (var length in new[] { 125, 126, 127, 65_535, MaxMessageBytes })
        {
            var text = Padded(length);
            yield return Text($"a message of {length} bytes", [WireFrame.OfText(text)], text);
        }

        var largest = Padded(MaxMessageBytes);
        yield return Text("the largest message in fragments", Fragments(largest, 10_000), largest);
        yield return Of("an empty ping", [Ping([])]) with { Pongs = [[]] };
        yield return Of("a ping of 125 bytes", [Ping(new byte[125])]) with { Pongs = [new byte[125]] };
        yield return Of("a ping of bytes that are not UTF-8", [Ping([0xff, 0xfe])]) with { Pongs = [[0xff, 0xfe]] };
        yield return Of("three pings", [Ping([1]), Ping([2]), Ping([3])]) with { Pongs = [[1], [2], [3]] };
        yield return Of("a ping between fragments", [Part(WireOpcode.Text, Utf8(Hello[..5]), false), Ping([7]), Part(WireOpcode.Continuation, Utf8(Hello[5..]), true)])
            with
        { Texts = [Hello], Pongs = [[7]] };
        yield return Text("a pong nobody asked for", [new WireFrame(WireOpcode.Pong, [1, 2, 3]), WireFrame.OfText(Hello)], Hello);
        yield return Text(
            "a pong between fragments",
            [Part(WireOpcode.Text, Utf8(Hello[..5]), false), new WireFrame(WireOpcode.Pong, []), Part(WireOpcode.Continuation, Utf8(Hello[5..]), true)],
            Hello);
    }

    private static IEnumerable<FramingCase> Closed()
    {
        foreach (ushort code in new ushort[] { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 })
        {
            yield return Of($"close {code}", [WireFrame.OfClose(code)]) with { CloseCode = code };
        }

        yield return Of("close without a code", [new WireFrame(WireOpcode.Close, [])]) with { CloseCode = 1005 };
        yield return Of("close with a reason", [WireFrame.OfClose(1000, "grüße")]) with { CloseCode = 1000 };
        yield return Of("close with the longest reason", [WireFrame.OfClose(1000, new string('x', 123))]) with { CloseCode = 1000 };
        yield return Of("close between fragments", [Part(WireOpcode.Text, Utf8(Hello), false), WireFrame.OfClose(1000)]) with { CloseCode = 1000 };
        yield return Of("a message after the close", [WireFrame.OfClose(1000), WireFrame.OfText(Hello)]) with { CloseCode = 1000 };
        yield return Of("a broken frame after the close", [WireFrame.OfClose(1000), WireFrame.OfText(Hello) with { Rsv = 7 }]) with { CloseCode = 1000 };
        yield return Of("a message before the close", [WireFrame.OfText(Hello), WireFrame.OfClose(1000)]) with { CloseCode = 1000, Texts = [Hello] };
    }

    private static IEnumerable<FramingCase> ProtocolErrors()
    {
        foreach (var opcode in new byte[] { 3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf })
        {
            yield return Refused($"the unknown opcode {opcode}", new WireFrame((WireOpcode)opcode, Utf8(Hello)));
        }

        yield return Refused("text without a mask", WireFrame.OfText(Hello) with { Mask = null });
        yield return Refused("an empty text without a mask", WireFrame.OfText("") with { Mask = null });
        yield return Refused("ping without a mask", Ping([1]) with { Mask = null });
        yield return Refused("close without a mask", WireFrame.OfClose(1000) with { Mask = null });
        foreach (byte rsv in new byte[] { 1, 2, 4, 7 })
        {
            yield return Refused($"reserved bits {rsv} on text", WireFrame.OfText(Hello) with { Rsv = rsv });
            yield return Refused($"reserved bits {rsv} on ping", Ping([]) with { Rsv = rsv });
        }

        yield return Refused("a reserved bit on a continuation", Part(WireOpcode.Text, Utf8(Hello), false), Part(WireOpcode.Continuation, [], true) with { Rsv = 4 });
        yield return Refused("a reserved bit on close", WireFrame.OfClose(1000) with { Rsv = 2 });
        foreach (var opcode in new[] { WireOpcode.Ping, WireOpcode.Pong, WireOpcode.Close })
        {
            yield return Refused($"a fragmented {opcode}", Part(opcode, [], false));
            yield return Refused($"a {opcode} of 126 bytes", new WireFrame(opcode, [3, 232, .. Utf8(new string('x', 124))]));
            yield return Refused($"a {opcode} that claims 65,536 bytes", new WireFrame(opcode, []) { ClaimedLength = 65_536 });
        }

        yield return Refused("a continuation of nothing", Part(WireOpcode.Continuation, Utf8(Hello), true));
        yield return Refused("an open continuation of nothing", Part(WireOpcode.Continuation, Utf8(Hello), false));
        yield return Refused("text within a message", Part(WireOpcode.Text, Utf8(Hello), false), WireFrame.OfText(Hello));
        yield return Refused("binary within a message", Part(WireOpcode.Text, Utf8(Hello), false), new WireFrame(WireOpcode.Binary, [1]));
        yield return Refused("an open text within a message", Part(WireOpcode.Text, Utf8(Hello), false), Part(WireOpcode.Text, Utf8(Hello), false));
        yield return Of("a continuation after the last", [.. Fragments(Hello, 10), Part(WireOpcode.Continuation, [], true)]) with { CloseCode = 1002, Texts = [Hello] };
        yield return Refused("a short length in 16 bits", WireFrame.OfText(Hello) with { LengthForm = LengthForm.Bits16 });
        yield return Refused("a short length in 64 bits", WireFrame.OfText(Hello) with { LengthForm = LengthForm.Bits64 });
        yield return Refused("a middle length in 64 bits", WireFrame.OfText(Padded(200)) with { LengthForm = LengthForm.Bits64 });
        yield return Refused("a length with its highest bit", WireFrame.OfText("") with { LengthForm = LengthForm.Bits64, ClaimedLength = 1UL << 63 });
        yield return Refused("a close of one byte", new WireFrame(WireOpcode.Close, [3]));
        foreach (ushort code in new ushort[] { 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535 })
        {
            yield return Refused($"the forbidden close code {code}", WireFrame.OfClose(code));
        }
    }

    private static IEnumerable<FramingCase> BadData()
    {
        (string Name, byte[] Bytes)[] broken =
        [
            ("a lone continuation byte", [0x80]),
            ("a cut character", [0xe2, 0x82]),
            ("an overlong slash", [0xc0, 0xaf]),
            ("an overlong zero", [0xe0, 0x80, 0x80]),
            ("a surrogate", [0xed, 0xa0, 0x80]),
            ("beyond the last character", [0xf4, 0x90, 0x80, 0x80]),
            ("a byte that never occurs", [0xff]),
        ];
        foreach (var (name, bytes) in broken)
        {
            byte[] text = [.. Utf8("""{"type":"ping","payload":{"a":" """), .. bytes, .. Utf8("\"}}")];
            yield return Of($"not UTF-8: {name}", [new WireFrame(WireOpcode.Text, text)]) with { CloseCode = 1007 };
            yield return Of($"not UTF-8 in fragments: {name}", Fragments(WireOpcode.Text, text, 1)) with { CloseCode = 1007 };
        }

        yield return Of("a message that ends within a character", [new WireFrame(WireOpcode.Text, [0x22, 0xe2, 0x82])]) with { CloseCode = 1007 };
        yield return Of("a close reason that is not UTF-8", [new WireFrame(WireOpcode.Close, [3, 232, 0xff])]) with { CloseCode = 1007 };
        yield return Of("binary", [new WireFrame(WireOpcode.Binary, Utf8(Hello))]) with { CloseCode = 1003 };
        yield return Of("empty binary", [new WireFrame(WireOpcode.Binary, [])]) with { CloseCode = 1003 };
        yield return Of("binary in fragments", Fragments(WireOpcode.Binary, Utf8(Hello), 10)) with { CloseCode = 1003 };
    }

    private static IEnumerable<FramingCase> TooBig()
    {
        yield return Of("one byte too much", [WireFrame.OfText(Padded(MaxMessageBytes + 1))]) with { CloseCode = 1009 };
        yield return Of("one byte too much in fragments", Fragments(Padded(MaxMessageBytes + 1), 20_000)) with { CloseCode = 1009 };
        yield return Of("a claim of a gigabyte", [WireFrame.OfText("") with { ClaimedLength = 1 << 30 }]) with { CloseCode = 1009 };
        yield return Of("a claim of all there is", [WireFrame.OfText("") with { ClaimedLength = long.MaxValue }]) with { CloseCode = 1009 };
    }

    private static FramingCase Of(string name, IEnumerable<WireFrame> frames) => new(name, [.. frames.SelectMany(static frame => frame.Encode())]);

    private static FramingCase Text(string name, IEnumerable<WireFrame> frames, params string[] texts) => Of(name, frames) with { Texts = texts };

    private static FramingCase Refused(string name, params WireFrame[] frames) => Of(name, frames) with { CloseCode = 1002 };

    private static WireFrame Part(WireOpcode opcode, byte[] payload, bool fin) => new(opcode, payload) { Fin = fin };

    private static WireFrame Ping(byte[] payload) => new(WireOpcode.Ping, payload);

    private static IEnumerable<WireFrame> Fragments(string text, int size) => Fragments(WireOpcode.Text, Utf8(text), size);

    private static IEnumerable<WireFrame> Fragments(WireOpcode opcode, byte[] payload, int size)
    {
        var chunks = payload.Chunk(size).ToList();
        return chunks.Select((chunk, i) => Part(i == 0 ? opcode : WireOpcode.Continuation, chunk, i == chunks.Count - 1));
    }

    private static string Padded(int bytes)
    {
        const string Frame = """{"type":"ping","payload":{"a":""}}""";
        return Frame.Insert(Frame.Length - 3, new string('x', bytes - Frame.Length));
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
