using System.Text;
using Causeway.Testing;
using Microsoft.Extensions.Primitives;

namespace Causeway.WebSockets.Tests;

public sealed class PermessageDeflateTests
{
    private const string Plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    private const string WithWindow = Plain + "; server_max_window_bits=15";

    [Theory]
    [InlineData("permessage-deflate", Plain)]
    [InlineData("Permessage-Deflate", Plain)]
    [InlineData("permessage-deflate; client_max_window_bits", Plain)]
    [InlineData("permessage-deflate; client_max_window_bits=10", Plain)]
    [InlineData("permessage-deflate; client_max_window_bits=\"10\"", Plain)]
    [InlineData("permessage-deflate;server_no_context_takeover;client_no_context_takeover", Plain)]
    [InlineData("permessage-deflate; server_max_window_bits=15", WithWindow)]
    [InlineData("permessage-deflate ; server_max_window_bits = \"15\"", WithWindow)]
    [InlineData("x-webkit-deflate-frame, permessage-deflate", Plain)]
    [InlineData("foo; a=\"b,c;d\\\"e\", permessage-deflate", Plain)]
    [InlineData("permessage-deflate; server_max_window_bits=10, permessage-deflate", Plain)]
    [InlineData("permessage-deflate; what=1, permessage-deflate; server_max_window_bits=15", WithWindow)]
    [InlineData("permessage-deflate; server_max_window_bits=14", null)]
    [InlineData("permessage-deflate; server_max_window_bits=8", null)]
    [InlineData("permessage-deflate; server_max_window_bits", null)]
    [InlineData("permessage-deflate; server_max_window_bits=", null)]
    [InlineData("permessage-deflate; server_max_window_bits=015", null)]
    [InlineData("permessage-deflate; server_max_window_bits=16", null)]
    [InlineData("permessage-deflate; client_max_window_bits=7", null)]
    [InlineData("permessage-deflate; client_max_window_bits=", null)]
    [InlineData("permessage-deflate; client_max_window_bits=16", null)]
    [InlineData("permessage-deflate; client_max_window_bits=09", null)]
    [InlineData("permessage-deflate; client_no_context_takeover=1", null)]
    [InlineData("permessage-deflate; server_no_context_takeover=true", null)]
    [InlineData("permessage-deflate; server_no_context_takeover; server_no_context_takeover", null)]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits=12", null)]
    [InlineData("permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", null)]
    [InlineData("permessage-deflate; unknown", null)]
    [InlineData("permessage-deflate; ; client_no_context_takeover", null)]
    [InlineData("permessage-deflate-2", null)]
    [InlineData("deflate", null)]
    [InlineData("\"permessage-deflate", null)]
    [InlineData(",", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void TryNegotiate_Offer_IsAnsweredOrDeclined(string? offers, string? expected)
    {
        var accepted = PermessageDeflate.TryNegotiate(offers, out var response);

        Assert.Equal(expected, response);
        Assert.Equal(expected is not null, accepted);
    }

    [Fact]
    public void TryNegotiate_SeveralLines_TakesTheFirstAcceptable()
    {
        Assert.True(PermessageDeflate.TryNegotiate(new StringValues(["permessage-deflate; x", "permessage-deflate; server_max_window_bits=15"]), out var response));
        Assert.Equal(WithWindow, response);
    }

    [Theory]
    [InlineData(PermessageDeflate.MinimumBytes)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public void TryBuildFrame_Json_IsSmallerAndInflatesToTheSame(int length)
    {
        var payload = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, length).Select(static i => $"{{\"value\":{i}}},")))[..length];

        var frame = PermessageDeflate.TryBuildFrame(payload)!;

        Assert.Equal(0xC1, frame[0]);
        Assert.True(frame.Length < length * 2 / 3, $"{frame.Length} of {length} bytes");
        Assert.Equal(payload, Inflate(frame));
    }

    [Fact]
    public void TryBuildFrame_TooShortOrIncompressible_IsNull()
    {
        var noise = new byte[5_000];
        new Random(1).NextBytes(noise);

        Assert.Null(PermessageDeflate.TryBuildFrame(new byte[PermessageDeflate.MinimumBytes - 1]));
        Assert.Null(PermessageDeflate.TryBuildFrame(noise));
        Assert.NotNull(PermessageDeflate.TryBuildFrame(new byte[5_000]));
    }

    [Fact]
    public void TryBuildFrame_ManyThreads_EachGetsItsOwn() => Parallel.For(0, 200, static i =>
    {
        var payload = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"thread {i} ", 200)));
        var frame = PermessageDeflate.TryBuildFrame(payload)!;
        Assert.Equal(payload, Inflate(frame));
    });

    private static byte[] Inflate(byte[] frame) => new WireFrame(WireOpcode.Text, frame[(frame[1] switch { 126 => 4, 127 => 10, _ => 2 })..]).Inflate();
}
