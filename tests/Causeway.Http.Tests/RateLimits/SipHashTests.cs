namespace Causeway.Http.Tests;

/// <summary>The reference vectors of SipHash-2-4: key and text count up from 0.</summary>
public sealed class SipHashTests
{
    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(8, 0x93f5f5799a932462)]
    [InlineData(15, 0xa129ca6149be45e5)]
    public void Hash_ReferenceText_IsTheReference(int length, ulong expected)
    {
        var text = Enumerable.Range(0, length).Select(static i => (byte)i).ToArray();

        Assert.Equal(expected, new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908).Hash(text));
    }

    [Fact]
    public void CreateRandom_Twice_HashesDifferently() =>
        Assert.NotEqual(SipHash.CreateRandom().Hash("a"u8), SipHash.CreateRandom().Hash("a"u8));
}
