using System.IO.Compression;
using System.Text;

namespace Causeway.Server.Tests;

/// <summary>F12: what the program compresses, and what it must not.</summary>
public sealed class CompressionTests(LocalServer local) : IClassFixture<LocalServer>
{
    private RunningServer Server => local.Server;

    [Theory]
    [InlineData("/api/v1/config")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/")]
    [InlineData("/js/main.js")]
    [InlineData("/css/base.css")]
    public async Task Get_LongText_IsCompressed(string path)
    {
        foreach (var coding in (string[])["br", "gzip"])
        {
            var answer = await Server.GetAsync(path, null, ("Accept-Encoding", coding));

            Assert.Equal(coding, answer.Header("Content-Encoding"));
            Assert.Contains("Accept-Encoding", answer.Header("Vary"), StringComparison.Ordinal);
            using var body = new MemoryStream(answer.Body);
            using Stream plain = coding == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
            using var reader = new StreamReader(plain, Encoding.UTF8);
            Assert.True((await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Length > answer.Body.Length);
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/api/v1/rooms/never-seen")]
    [InlineData("/favicon.svg")]
    [InlineData("/sse")]
    public async Task Get_ShortOrNotOurs_IsNot(string path) =>
        Assert.Null((await Server.GetAsync(path, null, ("Accept-Encoding", "br, gzip"))).Header("Content-Encoding"));

    [Fact]
    public async Task Get_FileUnderACoding_HasATagOfItsOwn()
    {
        var plain = await Server.GetAsync("/js/main.js");
        var coded = await Server.GetAsync("/js/main.js", null, ("Accept-Encoding", "br"));
        var again = await Server.GetAsync("/js/main.js", null, ("Accept-Encoding", "br"), ("If-None-Match", coded.Header("ETag")!));

        Assert.NotEqual(plain.Header("ETag"), coded.Header("ETag"));
        Assert.EndsWith("-br\"", coded.Header("ETag"), StringComparison.Ordinal);
        Assert.Equal(304, again.Status);
        Assert.Null(again.Header("Content-Encoding"));
        Assert.Contains("script-src 'self'", coded.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Data_MayLoadNothing()
    {
        foreach (var path in (string[])["/api/v1/overview", "/health", "/nowhere", "/openapi/v1.json"])
        {
            Assert.StartsWith("default-src 'none';", (await Server.GetAsync(path)).Header("Content-Security-Policy"), StringComparison.Ordinal);
        }
    }
}
