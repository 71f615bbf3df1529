using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Causeway.Testing;

namespace Causeway.Identity.Tests;

public sealed class AccessTokensTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Read_OwnToken_TellsWhoItIs()
    {
        var tokens = Create(("one", Key));

        var caller = await tokens.ReadAsync(tokens.Issue("ada", "Ada", ["editor"], ["join:a", "publish:b*"], TimeSpan.FromMinutes(5)));

        Assert.NotNull(caller);
        Assert.Equal("ada", caller.UserId);
        Assert.Equal("Ada", caller.Name);
        Assert.Equal(["join:a", "publish:b*"], caller.Permissions);
        Assert.Equal(["editor"], caller.Roles);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() + 300, caller.ExpiresAt.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Read_OneRoleAsText_CountsLikeAList() =>
        Assert.True((await Create(("one", Key)).ReadAsync(Sign(roles: "\"admin\"")))?.Permissions.IsEverything);

    [Fact]
    public async Task Read_OneSecondBeforeTheEnd_Valid()
    {
        var tokens = Create(("one", Key));
        var token = tokens.Issue("ada", null, [], [], TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(59));

        Assert.NotNull(await tokens.ReadAsync(token));
    }

    [Fact]
    public async Task Read_AtTheEnd_Refused()
    {
        var tokens = Create(("one", Key));
        var token = tokens.Issue("ada", null, [], [], TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(await tokens.ReadAsync(token));
    }

    [Fact]
    public async Task Read_KeyReplaced_OldTokensStayValidWhileTheKeyIsKept()
    {
        var token = Create(("old", Key)).Issue("ada", null, [], [], TimeSpan.FromMinutes(5));

        Assert.NotNull(await Create(("new", RandomNumberGenerator.GetBytes(32)), ("old", Key)).ReadAsync(token));
        Assert.Null(await Create(("new", RandomNumberGenerator.GetBytes(32))).ReadAsync(token));
    }

    [Fact]
    public async Task Read_GoodToken_Accepted() => Assert.NotNull(await Create(("one", Key)).ReadAsync(Sign()));

    [Theory]
    [InlineData("other key")]
    [InlineData("other kid")]
    [InlineData("no kid")]
    [InlineData("alg none")]
    [InlineData("alg none without signature")]
    [InlineData("alg HS512")]
    [InlineData("other issuer")]
    [InlineData("other audience")]
    [InlineData("no exp")]
    [InlineData("no sub")]
    [InlineData("empty sub")]
    [InlineData("long sub")]
    [InlineData("zero in sub")]
    [InlineData("not yet valid")]
    [InlineData("changed claims")]
    public async Task Read_AnythingWrong_Refused(string flaw)
    {
        var good = Sign();
        var token = flaw switch
        {
            "other key" => Sign(key: RandomNumberGenerator.GetBytes(32)),
            "other kid" => Sign(kid: "\"two\""),
            "no kid" => Sign(kid: null),
            "alg none" => Sign(alg: "none"),
            "alg none without signature" => Sign(alg: "none")[..(Sign(alg: "none").LastIndexOf('.') + 1)],
            "alg HS512" => Sign(alg: "HS512"),
            "other issuer" => Sign(issuer: "elsewhere"),
            "other audience" => Sign(audience: "elsewhere"),
            "no exp" => Sign(hasExpiry: false),
            "no sub" => Sign(subject: null),
            "empty sub" => Sign(subject: ""),
            "long sub" => Sign(subject: new string('a', 129)),
            "zero in sub" => Sign(subject: "a\\u0000b"),
            "not yet valid" => Sign(notBeforeSeconds: 60),
            _ => string.Join('.', good.Split('.')[0], Encode("""{"iss":"causeway","aud":"causeway","sub":"root","exp":99999999999}"""), good.Split('.')[2]),
        };

        Assert.Null(await Create(("one", Key)).ReadAsync(token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9..")]
    public async Task Read_NoToken_Refused(string text) => Assert.Null(await Create(("one", Key)).ReadAsync(text));

    [Fact]
    public async Task Read_RandomText_Refused()
    {
        var tokens = Create(("one", Key));
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            Assert.Null(await tokens.ReadAsync(Base64Url.EncodeToString(bytes).Insert(bytes.Length / 2, ".").Insert(0, i % 2 == 0 ? "." : "")));
        }
    }

    [Fact]
    public async Task Read_TokenThatWasReadBefore_StillEnds()
    {
        var tokens = Create(("one", Key));
        var token = tokens.Issue("ada", null, [], [], TimeSpan.FromMinutes(1));
        Assert.Same(await tokens.ReadAsync(token), await tokens.ReadAsync(token));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(await tokens.ReadAsync(token));
    }

    [Fact]
    public async Task Read_PermissionsThatAreNone_AreLeftOut()
    {
        var caller = await Create(("one", Key)).ReadAsync(Sign(roles: "[\"x\"],\"permissions\":[\"join:a\",\"read everything\",7]"));

        Assert.Equal(["join:a"], caller!.Permissions);
    }

    /// <summary>Another issuer may let its users choose what they are called, and names are written down with those of others.</summary>
    [Fact]
    public async Task Read_NameThatIsNoText_IsMadeOne()
    {
        var caller = await Create(("one", Key)).ReadAsync(Sign(roles: """["x"],"name":"a\u0000b\ud83d\ude00" """));

        Assert.Equal("a\ufffdb😀", caller!.Name);
    }

    [Fact]
    public async Task Read_HalfACharacter_Refused() => Assert.Null(await Create(("one", Key)).ReadAsync(Sign(roles: """["x"],"name":"\ud83d" """)));

    private AccessTokens Create(params (string Id, byte[] Key)[] keys)
    {
        var signing = new SigningKeys(new ConfiguredSigningKeys(new SigningKeyRing([.. keys.Select(static key => new SigningKey(key.Id, key.Key))])), _time);
        signing.LoadAsync().GetAwaiter().GetResult();
        return new AccessTokens(signing, _time);
    }

    /// <summary>A token made by hand, so that it can be wrong in any way.</summary>
    private string Sign(
        byte[]? key = null, string? kid = "\"one\"", string alg = "HS256", string issuer = "causeway", string audience = "causeway", string? subject = "ada",
        bool hasExpiry = true, int? notBeforeSeconds = null, string roles = "[]")
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var header = $$"""{"alg":"{{alg}}","typ":"JWT"{{(kid is null ? "" : $",\"kid\":{kid}")}}}""";
        var claims = $$"""{"iss":"{{issuer}}","aud":"{{audience}}","roles":{{roles}}"""
            + (subject is null ? "" : $",\"sub\":\"{subject}\"")
            + (hasExpiry ? $",\"exp\":{now + 300}" : "")
            + (notBeforeSeconds is { } seconds ? $",\"nbf\":{now + seconds}" : "") + "}";
        var text = $"{Encode(header)}.{Encode(claims)}";
        var bytes = Encoding.ASCII.GetBytes(text);
        return $"{text}.{Base64Url.EncodeToString(alg == "HS512" ? HMACSHA512.HashData(key ?? Key, bytes) : HMACSHA256.HashData(key ?? Key, bytes))}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
