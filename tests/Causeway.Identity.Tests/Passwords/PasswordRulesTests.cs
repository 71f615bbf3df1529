namespace Causeway.Identity.Tests;

public sealed class PasswordRulesTests
{
    private static readonly EmailAddress Email = EmailAddress.Parse("Ada.Lovelace@example.com", null);

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("xK8!qz#p")]
    [InlineData("пароль-на-двери")]
    [InlineData("🐴🐴🔋🔋🐎🐎🔌🔌")]
    [InlineData("'; DROP TABLE users; --")]
    public void Check_GoodPassword_BreaksNoRule(string password) => Assert.Null(PasswordRules.Check(password, Email));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short12")]
    [InlineData("🐴🐴🔋🔋")]
    public void Check_TooShortOrNoText_IsRefused(string? password) => Assert.Equal("Must be 8 to 128 characters.", PasswordRules.Check(password, Email));

    [Fact]
    public void Check_HalfOfASurrogatePair_IsRefused() => Assert.NotNull(PasswordRules.Check("half a pair " + '\ud83d', Email));

    [Fact]
    public void Check_AtTheLimits_CountsCharactersAsPeopleDo()
    {
        var long128 = string.Concat(Enumerable.Repeat("ab🐴c", 32));

        Assert.Equal(160, long128.Length);
        Assert.Null(PasswordRules.Check(long128, Email));
        Assert.NotNull(PasswordRules.Check(long128 + "d", Email));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("PassWord123")]
    [InlineData("qwertyuiop")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("abababababab")]
    public void Check_Common_IsRefused(string password) => Assert.Contains("guessed first", PasswordRules.Check(password, Email), StringComparison.Ordinal);

    [Theory]
    [InlineData("ada.lovelace@example.com")]
    [InlineData("ADA.LOVELACE")]
    public void Check_TheAddress_IsRefused(string password) => Assert.Contains("address", PasswordRules.Check(password, Email), StringComparison.Ordinal);
}
