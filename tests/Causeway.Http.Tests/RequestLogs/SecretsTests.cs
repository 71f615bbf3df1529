using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F4: no credential is logged, whatever a request looks like.</summary>
public sealed class SecretsTests
{
    private const string Secret = "open-sesame";

    private static readonly Gen<string> AnySecretName = Gen.Elements(
        "password", "newPassword", "current_password", "PASSWORD", "access_token", "refresh-token", "token", "api_key", "key", "client_secret", "Set-Cookie", "private_key", "pwd");

    private static readonly Gen<string> AnyName = Gen.Elements("a", "title", "room_id", "payload", "conflate_key", "");

    [Theory]
    [InlineData("Authorization", true)]
    [InlineData("Proxy-Authorization", true)]
    [InlineData("Cookie", true)]
    [InlineData("Set-Cookie", true)]
    [InlineData("X-Api-Key", true)]
    [InlineData("Sec-WebSocket-Protocol", true)]
    [InlineData("Causeway-Identity-Token", true)]
    [InlineData("new password", true)]
    [InlineData("a_name_that_is_far_too_long_to_be_looked_at_any_further_than_this_by_anybody_who_logs", true)]
    [InlineData("conflate_key", false)]
    [InlineData("room_id", false)]
    [InlineData("code", false)]
    [InlineData("Content-Type", false)]
    [InlineData("", false)]
    public void IsSecretName_Name_IsToldByWhatItSays(string name, bool expected) => Assert.Equal(expected, Secrets.IsSecretName(name));

    [Theory]
    [InlineData("", "")]
    [InlineData("?a=b&c=d", "?a=b&c=d")]
    [InlineData("?access_token=open-sesame&a=b", "?access_token=***&a=b")]
    [InlineData("?a=b&pass%77ord=open-sesame", "?a=b&pass%77ord=***")]
    [InlineData("?next=eyJhbGciOi.eyJzdWIi.c2ln", "?next=***")]
    [InlineData("?next=cwk_abc_open-sesame", "?next=***")]
    [InlineData("?token", "?token***")]
    [InlineData("?a&b=&=c", "?a&b=&=c")]
    [InlineData("?%", "?%")]
    public void Query_Text_KeepsAllButSecrets(string query, string expected) => Assert.Equal(expected, Secrets.Query(new QueryString(query)));

    [Fact]
    public void Headers_All_KeepsAllButSecrets()
    {
        var headers = new HeaderDictionary
        {
            ["Authorization"] = "Bearer open-sesame",
            ["Accept"] = "text/html",
            ["Cookie"] = "a=open-sesame",
            ["X-Mine"] = "bearer.open-sesame",
            ["Referer"] = "https://a.example/b?code=open-sesame",
        };

        Assert.Equal(
            "Authorization: ***; Accept: text/html; Cookie: ***; X-Mine: ***; Referer: https://a.example/b?***", Secrets.Headers(headers));
    }

    [Theory]
    [InlineData("""{"a":1,"password":"open-sesame","b":[true,null,1.50]}""", """{"a":1,"password":"***","b":[true,null,1.50]}""")]
    [InlineData("""{"token":{"deep":["open-sesame"]},"b":2}""", """{"token":"***","b":2}""")]
    [InlineData("""[{"keys":[{"key":"open-sesame"}]}]""", """[{"keys":[{"key":"***"}]}]""")]
    [InlineData("""{"text":"eyJhbGciOi.eyJzdWIi.c2ln"}""", """{"text":"***"}""")]
    [InlineData("\"just text\"", "\"just text\"")]
    [InlineData("""{"a":1,"b" """, """{"a":1…""")]
    [InlineData("not json", "…")]
    [InlineData("", "")]
    public void Json_Whole_KeepsAllButSecrets(string body, string expected) => Assert.Equal(expected, Secrets.Json(Encoding.UTF8.GetBytes(body), isWhole: true));

    [Fact]
    public void Json_AnyDocumentCutAnywhere_NeverShowsASecret()
    {
        var anyNode = AnyNode(4);
        Prop.ForAll(anyNode.ToArbitrary(), Gen.Choose(0, 1_000).ToArbitrary(), static (node, cut) =>
        {
            var text = JsonSerializer.SerializeToUtf8Bytes(node);
            var shown = Secrets.Json(text.AsSpan(0, Math.Min(cut, text.Length)), isWhole: cut >= text.Length);

            Assert.DoesNotContain("sesame", shown, StringComparison.Ordinal);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Json_BadUnicode_BreaksNothing() =>
        Assert.EndsWith("…", Secrets.Json("""{"a":"\ud800"}"""u8, isWhole: true), StringComparison.Ordinal);

    private static Gen<JsonNode?> AnyNode(int depth)
    {
        var leaf = Gen.Elements<Func<JsonNode?>>(static () => null, static () => 1, static () => "text", static () => true).Select(static make => make());
        if (depth == 0)
        {
            return leaf;
        }

        var secret = from name in AnySecretName
                     from wrapped in Gen.Choose(0, 2)
                     select (name, wrapped == 0 ? Secret : wrapped == 1 ? new JsonArray(Secret) : (JsonNode?)new JsonObject { ["x"] = new JsonArray(1, Secret) });
        var plain = from name in AnyName from value in AnyNode(depth - 1) select (name, value);
        var pairs = Gen.OneOf(secret, plain).ArrayOf(4);
        return Gen.Frequency(
            (1, leaf),
            (2, pairs.Select(static all => (JsonNode?)Object(all))),
            (1, AnyNode(depth - 1).ArrayOf(3).Select(static all => (JsonNode?)new JsonArray([.. all.Select(static node => node?.DeepClone())]))));
    }

    private static JsonObject Object((string Name, JsonNode? Value)[] pairs)
    {
        var made = new JsonObject();
        foreach (var (name, value) in pairs)
        {
            made[name] = value?.DeepClone();
        }

        return made;
    }
}
