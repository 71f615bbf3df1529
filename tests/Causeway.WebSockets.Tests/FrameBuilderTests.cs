using System.Text;

namespace Causeway.WebSockets.Tests;

public sealed class FrameBuilderTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    [InlineData(int.MaxValue, 10)]
    public void HeaderLength_EachForm_IsTheShortest(int payload, int header) => Assert.Equal(header, FrameBuilder.HeaderLength(payload));

    [Theory]
    [InlineData(Opcode.Text, 5, false, "8105")]
    [InlineData(Opcode.Binary, 126, false, "827E007E")]
    [InlineData(Opcode.Text, 65_536, false, "817F0000000000010000")]
    [InlineData(Opcode.Text, 300, true, "C17E012C")]
    [InlineData(Opcode.Ping, 125, false, "897D")]
    public void WriteHeader_Frame_StandsAsInTheRfc(Opcode opcode, int length, bool compressed, string hex)
    {
        Span<byte> header = stackalloc byte[FrameBuilder.MaxHeaderLength];

        var written = FrameBuilder.WriteHeader(header, opcode, length, compressed);

        Assert.Equal(hex, Convert.ToHexString(header[..written]));
    }

    [Fact]
    public void WriteHeader_ControlFrameTooLongOrCompressed_Throws()
    {
        var header = new byte[FrameBuilder.MaxHeaderLength];

        Assert.Throws<ArgumentOutOfRangeException>(() => FrameBuilder.WriteHeader(header, Opcode.Ping, 126));
        Assert.Throws<ArgumentException>(() => FrameBuilder.WriteHeader(header, Opcode.Close, 2, compressed: true));
    }

    [Fact]
    public void Build_Text_IsHeaderAndPayload() => Assert.Equal("810548656C6C6F", Convert.ToHexString(FrameBuilder.Build(Opcode.Text, "Hello"u8)));

    [Fact]
    public void BuildClose_ShortReason_IsCodeAndReason() => Assert.Equal("880503E8627965", Convert.ToHexString(FrameBuilder.BuildClose(1000, "bye")));

    [Theory]
    [InlineData("x", 200, 123)]
    [InlineData("ü", 100, 122)]
    [InlineData("€", 100, 123)]
    [InlineData("🚀", 100, 120)]
    public void BuildClose_LongReason_IsCutBetweenCharacters(string character, int times, int bytes)
    {
        var frame = FrameBuilder.BuildClose(4001, string.Concat(Enumerable.Repeat(character, times)));

        Assert.Equal(bytes + 4, frame.Length);
        Assert.Equal(bytes + 2, frame[1]);
        Assert.Equal(string.Concat(Enumerable.Repeat(character, bytes / Encoding.UTF8.GetByteCount(character))), Encoding.UTF8.GetString(frame.AsSpan(4)));
    }

    [Fact]
    public void BuildClose_LoneSurrogate_IsReplaced() =>
        Assert.Equal("a\uFFFDb", Encoding.UTF8.GetString(FrameBuilder.BuildClose(1000, "a\ud800b").AsSpan(4)));

    [Theory]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(2999)]
    [InlineData(5000)]
    public void BuildClose_CodeThatMustNotBeSent_Throws(ushort code) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameBuilder.BuildClose(code, ""));
}
