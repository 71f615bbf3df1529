using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Hosting.Tests.Logs;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("/ws?access_token=abc.def-1&room=a", "/ws?access_token=***&room=a")]
    [InlineData("/ws?ACCESS_TOKEN=abc", "/ws?ACCESS_TOKEN=***")]
    [InlineData("Sec-WebSocket-Protocol: causeway.v1, bearer.eyJhbGciOi.x_y", "Sec-WebSocket-Protocol: causeway.v1, bearer.***")]
    [InlineData("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Authorization: Bearer ***")]
    [InlineData("Host=db;Password=p w;Port=1", "Host=db;Password=*** w;Port=1")]
    [InlineData("Authorization: Basic YWRhOmxvdmVsYWNl", "Authorization: Basic ***")]
    [InlineData("key cwk_ab12_c2VjcmV0c2VjcmV0 is refused", "key cwk_ab12_*** is refused")]
    [InlineData("Cookie: causeway_session=cws_c2VjcmV0; theme=dark", "Cookie: causeway_session=cws_***; theme=dark")]
    [InlineData("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln has expired", "token *** has expired")]
    [InlineData("amqp://ada:lovelace@broker:5672/vhost", "amqp://ada:***@broker:5672/vhost")]
    [InlineData("ttyd --password hunter2 -p 7681", "ttyd --password *** -p 7681")]
    [InlineData("http://127.0.0.1:8080/a@b", "http://127.0.0.1:8080/a@b")]
    [InlineData("a basic rule", "a basic rule")]
    [InlineData("a Bearer of news", "a Bearer of news")]
    [InlineData("GET /rooms?limit=5", "GET /rooms?limit=5")]
    [InlineData("", "")]
    public void Redact_Text_HidesCredentialsOnly(string text, string expected) => Assert.Equal(expected, Redaction.Redact(text));

    [Fact]
    public void Redact_AnyToken_IsGone()
    {
        var token = Gen.Elements("abcXYZ0189-._~+/%".ToCharArray()).NonEmptyListOf().Select(static characters => "t0" + new string([.. characters]));
        Prop.ForAll(token.ToArbitrary(), static value =>
            !Redaction.Redact($"GET /sse?room=a&access_token={value}&x=1").Contains(value, StringComparison.Ordinal)
            && !Redaction.Redact($"causeway.v1, bearer.{value}").Contains(value, StringComparison.Ordinal))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }
}
