using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Causeway.Testing;

namespace Causeway.Server.Tests.Access;

public sealed class AccessTokensTests : IDisposable
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Read_OwnToken_TellsWhoItIs()
    {
        var tokens = Create(("one", Key));

        var caller = await tokens.ReadAsync(tokens.Issue("ada", "Ada", ["admin"], ["join:a", "publish:b*"], TimeSpan.FromMinutes(5)));

        Assert.NotNull(caller);
        Assert.Equal("ada", caller.UserId);
        Assert.Equal("Ada", caller.Name);
        Assert.True(caller.IsAdmin);
        Assert.Equal(["join:a", "publish:b*"], caller.Permissions.Order());
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() + 300, caller.ExpiresAt?.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Read_OneRoleAsText_CountsLikeAList() =>
        Assert.True((await Create(("one", Key)).ReadAsync(Sign(roles: "\"admin\"")))?.IsAdmin);

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
    public void Load_NothingConfigured_MakesOneKeyAndKeepsIt()
    {
        var first = SigningKeys.Load([], _directory.Path).Current;
        var second = SigningKeys.Load([], _directory.Path).Current;

        Assert.Equal(32, first.Key.Length);
        Assert.Equal(first.Key, second.Key);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["signing.key"]));
        }
    }

    [Fact]
    public void Load_FileHoldsNoKey_SaysWhichAndWhatToDo()
    {
        _directory.Write("signing.key", "not a key");

        Assert.Contains("signing.key", Assert.Throws<InvalidDataException>(() => SigningKeys.Load([], _directory.Path)).Message, StringComparison.Ordinal);
    }

    private AccessTokens Create(params (string Id, byte[] Key)[] keys) => new(
        SigningKeys.Load([.. keys.Select(static key => new SigningKeyOptions { Id = key.Id, Key = Convert.ToBase64String(key.Key) })], _directory.Path), _time);

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
