using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("ada@example.com", "ada@example.com", "ada@example.com")]
    [InlineData("Ada.Lovelace+tag@Example.COM", "Ada.Lovelace+tag@example.com", "ada.lovelace+tag@example.com")]
    [InlineData("o'neil@example.co.uk", "o'neil@example.co.uk", "o'neil@example.co.uk")]
    [InlineData("x@xn--bcher-kva.example", "x@xn--bcher-kva.example", "x@xn--bcher-kva.example")]
    public void TryParse_Address_KeepsItAndMakesItsKey(string text, string value, string key)
    {
        Assert.True(EmailAddress.TryParse(text, null, out var address));
        Assert.Equal((value, key), (address.Value, address.Key));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@example..com")]
    [InlineData("ada@-example.com")]
    [InlineData("ada@example-.com")]
    [InlineData("ada@1.2.3.4")]
    [InlineData("ada@[127.0.0.1]")]
    [InlineData(".ada@example.com")]
    [InlineData("ada.@example.com")]
    [InlineData("a..da@example.com")]
    [InlineData("\"ada\"@example.com")]
    [InlineData("ada@example.com@example.com")]
    [InlineData("ada@example.com\r\nBcc: all@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("ada@exämple.com")]
    [InlineData("ad\u0430@example.com")]
    [InlineData("ada @example.com")]
    public void TryParse_AnythingElse_IsFalse(string? text) => Assert.False(EmailAddress.TryParse(text, null, out _));

    [Fact]
    public void TryParse_AtTheLimitsOfLength_TakesTheLongestAndNoLonger()
    {
        var local = new string('a', 64);
        var domain = string.Join('.', new string('b', 63), new string('c', 63), new string('d', 57), "com");

        Assert.True(EmailAddress.TryParse($"{local}@{domain}", null, out var longest));
        Assert.Equal(EmailAddress.MaxLength, longest.Value.Length);
        Assert.False(EmailAddress.TryParse($"{local}@e{domain}", null, out _));
        Assert.False(EmailAddress.TryParse($"a{local}@example.com", null, out _));
        Assert.False(EmailAddress.TryParse($"a@{new string('b', 64)}.com", null, out _));
    }

    [Fact]
    public void TryParse_AnyText_IsStableAndSafeInAHeader() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<string>().Or(Gen.Elements("a", "A.b", "x-", "").SelectMany(static local => Gen.Elements("@b.cd", "@B.C-d", "@b", "@@b.c"), static (local, domain) => local + domain)).ToArbitrary(),
        static text => !EmailAddress.TryParse(text, null, out var address)
            || EmailAddress.TryParse(address.Value, null, out var again) && again == address
            && EmailAddress.TryParse(address.Key, null, out var key) && key.Key == address.Key
            && address.Value.All(static character => character is > ' ' and < '\x7f')).QuickCheckThrowOnFailure();
}
