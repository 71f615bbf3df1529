using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>C3: ranges as RFC 9110, section 14, has them.</summary>
public sealed class ByteRangesTests
{
    [Theory]
    [InlineData("bytes=0-0", 10, "0+1")]
    [InlineData("bytes=0-499", 10, "0+10")]
    [InlineData("bytes=9-", 10, "9+1")]
    [InlineData("bytes=-3", 10, "7+3")]
    [InlineData("bytes=-300", 10, "0+10")]
    [InlineData("BYTES=2-3", 10, "2+2")]
    [InlineData("bytes= 2-3 , 5-5", 10, "2+2,5+1")]
    [InlineData("bytes=,2-3,,", 10, "2+2")]
    [InlineData("bytes=5-6,0-1", 10, "5+2,0+2")]            // in the order they are asked in
    [InlineData("bytes=5-6,0-5", 10, "0+7")]                // overlapping ones as one
    [InlineData("bytes=0-1,2-3", 10, "0+4")]                // neighbours as one
    [InlineData("bytes=0-1,20-30", 10, "0+2")]              // the one that lies in it
    [InlineData("bytes=0-99999999999999999999999", 10, "0+10")]
    [InlineData("bytes=10-", 10, "")]
    [InlineData("bytes=99999999999999999999999-", 10, "")]
    [InlineData("bytes=-0", 10, "")]
    [InlineData("bytes=0-", 0, "")]
    [InlineData("bytes=-5", 0, null)]
    [InlineData("bytes=", 10, null)]
    [InlineData("bytes=,", 10, null)]
    [InlineData("bytes=5", 10, null)]
    [InlineData("bytes=-", 10, null)]
    [InlineData("bytes=5-4", 10, null)]
    [InlineData("bytes=a-b", 10, null)]
    [InlineData("bytes=+1-2", 10, null)]
    [InlineData("bytes=1--2", 10, null)]
    [InlineData("bytes=0-1,x", 10, null)]
    [InlineData("lines=0-1", 10, null)]
    [InlineData("0-1", 10, null)]
    [InlineData("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32", 99, null)]
    public void Read_Header_GivesTheParts(string header, long length, string? parts)
    {
        var ranges = ByteRanges.Read(header, length);

        Assert.Equal(parts, ranges is null ? null : string.Join(',', ranges.Select(static r => $"{r.First}+{r.Length}")));
    }

    [Fact]
    public void Read_AnyRanges_LieInTheContentAndSendNoByteTwiceIfTheyOverlap() => Prop.ForAll<(byte, byte)[], byte>(static (asked, length) =>
    {
        var header = "bytes=" + string.Join(',', asked.Take(16).Select(static r => $"{Math.Min(r.Item1, r.Item2)}-{Math.Max(r.Item1, r.Item2)}"));
        if (ByteRanges.Read(header, length) is not { } ranges)
        {
            return asked.Length == 0;
        }

        var wanted = asked.Take(16).SelectMany(static r => Enumerable.Range(Math.Min(r.Item1, r.Item2), Math.Abs(r.Item1 - r.Item2) + 1)).Where(i => i < length).ToHashSet();
        var sent = ranges.SelectMany(static r => Enumerable.Range((int)r.First, (int)r.Length)).ToList();
        return wanted.SetEquals(sent) && sent.Count == sent.Distinct().Count() && ranges.All(r => r.First >= 0 && r.Length > 0 && r.Last < length);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_AnyText_NeverThrows() => Prop.ForAll<string>(static text =>
    {
        _ = ByteRanges.Read(text ?? "", 10);
        _ = ByteRanges.Read("bytes=" + text, 10);
    }).QuickCheckThrowOnFailure();
}
