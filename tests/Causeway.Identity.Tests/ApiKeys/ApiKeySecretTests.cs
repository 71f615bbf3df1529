using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

public sealed class ApiKeySecretTests
{
    [Fact]
    public void Create_Key_HasItsFormAndIsReadAgain()
    {
        var secret = ApiKeySecret.Create();

        Assert.Matches("^cwk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$", secret.Text);
        Assert.True(ApiKeySecret.TryParse(secret.Text, out var read));
        Assert.Equal(secret.Prefix, read.Prefix);
        Assert.True(read.Matches(secret.Hash()));
        Assert.False(read.Matches(ApiKeySecret.Create().Hash()));
        Assert.DoesNotContain(secret.Text[20..], secret.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_AnyOneCharacterChanged_IsFalse()
    {
        var text = ApiKeySecret.Create().Text;

        for (var i = 0; i < text.Length; i++)
        {
            Assert.False(ApiKeySecret.TryParse(text[..i] + (text[i] == 'x' ? 'y' : 'x') + text[(i + 1)..], out _), $"changed at {i}");
        }
    }

    [Fact]
    public void TryParse_AnyText_IsFalse() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<NonNull<string>>().ToArbitrary(), static text => !ApiKeySecret.TryParse("cwk_" + text.Get, out _)).QuickCheckThrowOnFailure();
}
