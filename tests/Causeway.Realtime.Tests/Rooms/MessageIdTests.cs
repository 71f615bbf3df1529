using System.Buffers.Binary;

namespace Causeway.Realtime.Tests;

public sealed class MessageIdTests
{
    [Fact]
    public void New_AtATime_IsAVersion7OfIt()
    {
        var time = new DateTimeOffset(2026, 11, 27, 15, 30, 1, 234, TimeSpan.FromHours(2));
        for (var i = 0; i < 1_000; i++)
        {
            var id = MessageId.New(time);
            var bytes = id.ToByteArray(bigEndian: true);

            Assert.Equal((7, 2), (id.Version, id.Variant >> 2));
            Assert.Equal(time.ToUnixTimeMilliseconds(), BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16);
        }
    }

    [Fact]
    public async Task New_OnManyThreads_NeverTheSame()
    {
        const int each = 20_000;
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(static _ => Task.Run(static () =>
            Enumerable.Range(0, each).Select(static _ => MessageId.New(DateTimeOffset.UnixEpoch)).ToList())));

        Assert.Equal(4 * each, ids.SelectMany(static some => some).Distinct().Count());

        // Whatever is not the time, the version or the variant is random in every id.
        Span<byte> never = stackalloc byte[16];
        Span<byte> always = stackalloc byte[16];
        always.Fill(0xFF);
        foreach (var id in ids[0])
        {
            var bytes = id.ToByteArray(bigEndian: true);
            for (var i = 0; i < bytes.Length; i++)
            {
                never[i] |= bytes[i];
                always[i] &= bytes[i];
            }
        }

        Assert.Equal("0000000000007FFFBFFFFFFFFFFFFFFF", Convert.ToHexString(never));
        Assert.Equal("00000000000070008000000000000000", Convert.ToHexString(always));
    }
}
