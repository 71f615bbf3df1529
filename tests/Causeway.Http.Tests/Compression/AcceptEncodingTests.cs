using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F12: which coding a client wants.</summary>
public sealed class AcceptEncodingTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("br;q=0.5, gzip", "gzip")]
    [InlineData("br;q=0.5,gzip;q=0.5", "br")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("br;q=0,*", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0", null)]
    [InlineData("identity", null)]
    [InlineData("identity;q=1, gzip;q=0.9", null)]
    [InlineData("identity;q=0, gzip;q=0.1", "gzip")]
    [InlineData("deflate, zstd", null)]
    [InlineData("br;q=2", null)]
    [InlineData("br;q=-1", null)]
    [InlineData("br;q=1e9", null)]
    [InlineData("br;q=NaN", null)]
    [InlineData("br;level=9", null)]
    [InlineData(" br ; q=1 ", "br")]
    [InlineData(",,,", null)]
    [InlineData("brotli", null)]
    public void Preferred_Header_IsWhatTheClientWantsMost(string header, string? expected) =>
        Assert.Equal(expected, AcceptEncoding.Parse(header).Preferred);

    [Fact]
    public void Preferred_TwoHeaders_AreOneList() => Assert.Equal("gzip", AcceptEncoding.Parse(new(["br;q=0.1", "gzip"])).Preferred);

    [Fact]
    public void Parse_AnyText_NeitherThrowsNorAllocates() => Prop.ForAll(
        Gen.Elements("br", "gzip", "*", "identity", ";", "q=", ",", "0.5", "1", " ", "\t", "\0", "é", "=", "..").ArrayOf(12).Select(string.Concat).ToArbitrary(),
        static header =>
        {
            var values = new Microsoft.Extensions.Primitives.StringValues(header);
            AcceptEncoding.Parse(values);
            var before = GC.GetAllocatedBytesForCurrentThread();

            var read = AcceptEncoding.Parse(values);

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            Assert.InRange(read.Brotli, 0, 1);
            Assert.InRange(read.Gzip, 0, 1);
            Assert.InRange(read.Identity, 0, 1);
        }).Check(Config.QuickThrowOnFailure);
}
