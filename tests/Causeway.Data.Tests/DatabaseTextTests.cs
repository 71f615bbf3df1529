using System.Text;

namespace Causeway.Data.Tests;

public sealed class DatabaseTextTests
{
    // No theories: half a character does not survive being an argument of one.
    [Fact]
    public void Keep_Texts_AreWholeAndTheSameInstanceWhereTheyWere()
    {
        (string Text, string Kept)[] texts =
        [
            ("", ""), ("plain", "plain"), ("Ä 😀 \n\u0001", "Ä 😀 \n\u0001"), ("a\0b\0", "a\ufffdb\ufffd"), ("half \ud83d", "half \ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"),
            ("\ud83d😀\ude00", "\ufffd😀\ufffd"),
        ];
        foreach (var (text, kept) in texts)
        {
            Assert.Equal(kept, DatabaseText.Keep(text));
            Assert.Equal(text == kept, DatabaseText.CanBeKept(text));
            Assert.Equal(text == kept, ReferenceEquals(text, DatabaseText.Keep(text)));
        }
    }

    [Fact]
    public void Keep_Cut_EndsWithAWholeCharacter()
    {
        (string Text, int MaxLength, string Kept)[] texts = [("abc", 3, "abc"), ("abc", 2, "ab"), ("a😀b", 2, "a"), ("a😀b", 3, "a😀"), ("\ud83d\ud83d", 1, ""), ("a\0b", 2, "a\ufffd")];
        Assert.All(texts, static text => Assert.Equal(text.Kept, DatabaseText.Keep(text.Text, text.MaxLength)));
    }

    [Fact]
    public void Keep_NoLength_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => DatabaseText.Keep("a", 0));

    /// <summary>What PostgreSQL's driver does with a text, and what it throws at.</summary>
    [Fact]
    public void Keep_AnyTwoUnits_AreGoodUtf8()
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        char[] units = ['\0', 'a', '\ud800', '\udbff', '\udc00', '\udfff', '\uffff'];
        foreach (var text in from first in units from second in units from third in units select new string([first, second, third]))
        {
            Assert.DoesNotContain((byte)0, strict.GetBytes(DatabaseText.Keep(text)));
        }
    }
}
