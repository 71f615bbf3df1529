namespace Causeway.Http.Tests;

/// <summary>Credentials come from the Authorization header alone, well-formed or not at all.</summary>
public sealed class BearerTokenTests
{
    [Theory]
    [InlineData("Bearer abc", "abc")]
    [InlineData("bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g==")]
    [InlineData("Bearer   abc", "abc")]
    [InlineData("Bearer", null)]
    [InlineData("Bearer ", null)]
    [InlineData("Bearer a b", null)]
    [InlineData("Bearer a,b", null)]
    [InlineData("Basic abc", null)]
    [InlineData("abc", null)]
    [InlineData("", null)]
    public void TryGet_Header_GivesWellFormedTokensOnly(string header, string? expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = header;

        Assert.Equal(expected is not null, BearerToken.TryGet(context, out var token));
        Assert.Equal(expected, token);
    }

    [Fact]
    public void TryGet_ElsewhereOrTwiceOrTooLong_GivesNone()
    {
        var query = new DefaultHttpContext();
        query.Request.QueryString = new QueryString("?access_token=abc");
        query.Request.Headers.Cookie = "access_token=abc";
        var twice = new DefaultHttpContext();
        twice.Request.Headers.Authorization = new(["Bearer a", "Bearer b"]);
        var tooLong = new DefaultHttpContext();
        tooLong.Request.Headers.Authorization = "Bearer " + new string('a', 8_193);

        Assert.All([query, twice, tooLong], static context => Assert.False(BearerToken.TryGet(context, out _)));
    }

    [Theory]
    [InlineData("secret", "secret", true)]
    [InlineData("", "", true)]
    [InlineData("ü€😀", "ü€😀", true)]
    [InlineData("secret", "Secret", false)]
    [InlineData("secret", "secret ", false)]
    [InlineData("secret", "", false)]
    public void Equals_Secrets_ComparesThemWhole(string left, string right, bool same) => Assert.Equal(same, ConstantTime.Equals(left, right));
}
