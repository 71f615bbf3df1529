using System.Globalization;
using System.Net.Sockets;
using Causeway.Testing;

namespace Causeway.Relay.Tests.Site;

/// <summary>B1: files with tags, conditions, ranges and compressed variants, told apart by how long they may be kept.</summary>
public sealed class SiteFileTests : IAsyncLifetime
{
    private const string Script = "/assets/index-BfX2a9Qz.js";
    private SiteServer _site = null!;

    public async ValueTask InitializeAsync() => _site = await SiteServer.StartAsync(prepare: static files =>
    {
        files.Write("dist/digits.txt", "0123456789");
        files.Write("dist/empty.txt", "");
        files.Write("dist/guide/index.html", "the guide");
        files.Write("dist/app.css", "body { color: black }");
        files.Write("dist/app.css.br", "as brotli");
        files.Write("dist/app.css.gz", "as gzip");
        files.Write("dist/.well-known/security.txt", "Contact: mailto:a@example.com");
    });

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(Script, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable")]
    [InlineData("/logo.svg", "image/svg+xml", "public, max-age=60, must-revalidate")]
    [InlineData("/guide/", "text/html; charset=utf-8", "no-cache")]
    [InlineData("/digits.txt", "text/plain; charset=utf-8", "public, max-age=60, must-revalidate")]
    [InlineData("/.well-known/security.txt", "text/plain; charset=utf-8", "public, max-age=60, must-revalidate")]
    public async Task Get_File_HasTypeTagAndAge(string path, string type, string cache)
    {
        var answer = await _site.GetAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.Equal(type, answer.Header("Content-Type"));
        Assert.Equal(cache, answer.Header("Cache-Control"));
        Assert.Equal("bytes", answer.Header("Accept-Ranges"));
        Assert.Matches("^\"[0-9a-f]{24}\"$", answer.Header("ETag"));
        Assert.NotNull(answer.Header("Last-Modified"));
    }

    [Fact]
    public async Task Get_WithTheTagOrDateItHas_NotModified()
    {
        var first = await _site.GetAsync(Script);

        foreach (var header in new[] { ("If-None-Match", first.Header("ETag")!), ("If-None-Match", $"\"x\", W/{first.Header("ETag")}"), ("If-None-Match", "*"), ("If-Modified-Since", first.Header("Last-Modified")!) })
        {
            var again = await _site.GetAsync(Script, header);
            Assert.Equal((304, 0), (again.Status, again.Body.Length));
            Assert.Equal(first.Header("ETag"), again.Header("ETag"));
            Assert.Equal(first.Header("Cache-Control"), again.Header("Cache-Control"));
        }
    }

    [Fact]
    public async Task Get_WithAnotherTag_IsSentAgainWhateverTheDateSays()
    {
        var first = await _site.GetAsync(Script);

        var again = await _site.GetAsync(Script, ("If-None-Match", "\"other\""), ("If-Modified-Since", first.Header("Last-Modified")!));

        Assert.Equal((200, first.Text), (again.Status, again.Text));
    }

    [Theory]
    [InlineData("If-Match", "\"other\"", 412)]
    [InlineData("If-Match", "*", 200)]
    [InlineData("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 412)]
    public async Task Get_ConditionForTheOldFile_IsHeld(string header, string value, int status) =>
        Assert.Equal(status, (await _site.GetAsync("/digits.txt", (header, value))).Status);

    [Theory]
    [InlineData("bytes=0-3", "0123", "bytes 0-3/10")]
    [InlineData("bytes=7-", "789", "bytes 7-9/10")]
    [InlineData("bytes=-2", "89", "bytes 8-9/10")]
    [InlineData("bytes=-50", "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=5-500", "56789", "bytes 5-9/10")]
    public async Task Get_Range_IsThatPart(string range, string part, string contentRange)
    {
        var answer = await _site.GetAsync("/digits.txt", ("Range", range));

        Assert.Equal((206, part), (answer.Status, answer.Text));
        Assert.Equal(contentRange, answer.Header("Content-Range"));
    }

    [Theory]
    [InlineData("bytes=0-1,4-5")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=x")]
    public async Task Get_RangeNotOne_IsTheWhole(string range)
    {
        var answer = await _site.GetAsync("/digits.txt", ("Range", range));

        Assert.Equal((200, "0123456789"), (answer.Status, answer.Text));
        Assert.Null(answer.Header("Content-Range"));
    }

    [Theory]
    [InlineData("/digits.txt", "bytes=10-", 10)]
    [InlineData("/digits.txt", "bytes=-0", 10)]
    [InlineData("/empty.txt", "bytes=0-", 0)]
    public async Task Get_RangeOutside_SaysHowLongItIs(string path, string range, int length)
    {
        var answer = await _site.GetAsync(path, ("Range", range));

        Assert.Equal(416, answer.Status);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"bytes */{length}"), answer.Header("Content-Range"));
        Assert.Equal("INVALID_MESSAGE", answer.ErrorCode);
    }

    [Fact]
    public async Task Get_IfRange_PartOfTheSameWholeOfAnother()
    {
        var first = await _site.GetAsync("/digits.txt");

        Assert.Equal(206, (await _site.GetAsync("/digits.txt", ("Range", "bytes=0-1"), ("If-Range", first.Header("ETag")!))).Status);
        Assert.Equal(206, (await _site.GetAsync("/digits.txt", ("Range", "bytes=0-1"), ("If-Range", first.Header("Last-Modified")!))).Status);
        Assert.Equal(200, (await _site.GetAsync("/digits.txt", ("Range", "bytes=0-1"), ("If-Range", "\"older\""))).Status);
        Assert.Equal(200, (await _site.GetAsync("/digits.txt", ("Range", "bytes=0-1"), ("If-Range", "Sat, 01 Jan 2000 00:00:00 GMT"))).Status);
    }

    [Theory]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0.1, gzip;q=0.8", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0.5, br;q=0", "gzip")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData("identity, br;q=0.5", null)]
    [InlineData("zstd", null)]
    [InlineData(null, null)]
    public async Task Get_CompressedSibling_ByWhatTheClientTakes(string? accepted, string? coding)
    {
        var answer = await _site.GetAsync("/app.css", accepted is null ? [] : [("Accept-Encoding", accepted)]);

        Assert.Equal(200, answer.Status);
        Assert.Equal(coding, answer.Header("Content-Encoding"));
        Assert.Equal("text/css; charset=utf-8", answer.Header("Content-Type"));
        Assert.Equal("Accept-Encoding", answer.Header("Vary"));
        Assert.Equal(coding switch { "br" => "as brotli", "gzip" => "as gzip", _ => "body { color: black }" }, answer.Text);
    }

    [Fact]
    public async Task Get_Variants_HaveTagsOfTheirOwnAndNoRangeOfOneFitsTheOther()
    {
        var plain = await _site.GetAsync("/app.css");
        var brotli = await _site.GetAsync("/app.css", ("Accept-Encoding", "br"));

        Assert.NotEqual(plain.Header("ETag"), brotli.Header("ETag"));
        Assert.Equal(304, (await _site.GetAsync("/app.css", ("Accept-Encoding", "br"), ("If-None-Match", brotli.Header("ETag")!))).Status);
        var part = await _site.GetAsync("/app.css", ("Accept-Encoding", "br"), ("Range", "bytes=0-3"));
        Assert.Equal((206, "body", null), (part.Status, part.Text, part.Header("Content-Encoding")));
        var resumed = await _site.GetAsync("/app.css", ("Accept-Encoding", "br"), ("Range", "bytes=4-"), ("If-Range", brotli.Header("ETag")!));
        Assert.Equal((200, plain.Text), (resumed.Status, resumed.Text));
    }

    [Fact]
    public async Task Get_NoSibling_DoesNotVary() => Assert.Null((await _site.GetAsync(Script, ("Accept-Encoding", "br"))).Header("Vary"));

    [Fact]
    public async Task Head_File_HasTheHeadersOfTheWholeAndNoBody()
    {
        var get = await _site.GetAsync("/digits.txt");
        var head = await _site.SendAsync("HEAD", "/digits.txt", ("Range", "bytes=0-3"));

        Assert.Equal((200, "10", get.Header("ETag")), (head.Status, head.Header("Content-Length"), head.Header("ETag")));
    }

    [Fact]
    public async Task Get_DirectoryWithoutSlash_GoesToTheSlash()
    {
        var answer = await _site.GetAsync("/guide?q=a%20b");

        Assert.Equal((308, "/guide/?q=a%20b"), (answer.Status, answer.Header("Location")));
        Assert.Equal("the guide", (await _site.GetAsync("/guide/")).Text);
        Assert.Equal(404, (await _site.GetAsync("/assets")).Status);
        Assert.Equal(404, (await _site.GetAsync("/assets/")).Status);
    }

    [Fact]
    public async Task Get_PageOfTheSameDayAndLength_IsNotTakenForTheOldOne()
    {
        var old = await _site.GetAsync("/");
        var day = File.GetLastWriteTimeUtc(_site["index.html"]);
        await File.WriteAllTextAsync(_site["index.html"], SiteServer.Page.Replace("app", "new", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(_site["index.html"], day);

        var answer = await _site.GetAsync("/", ("If-None-Match", old.Header("ETag")!));

        Assert.Equal(200, answer.Status);
        Assert.Contains("new", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_FileReplacedWhileItIsSent_TheOldOneArrivesWhole()
    {
        const int size = 9 * 1_048_576;
        await File.WriteAllBytesAsync(_site["film.bin"], Enumerable.Repeat((byte)'a', size).ToArray());
        await File.WriteAllBytesAsync(_site["next.bin"], Enumerable.Repeat((byte)'b', size).ToArray());
        using var slow = await RawConnection.OpenAsync(_site.Address, receiveBufferBytes: 4_096);
        await slow.SendAsync($"GET /film.bin HTTP/1.1\r\nHost: {_site.Address.Authority}\r\n\r\n");
        var head = await HttpAnswer.ReadHeadAsync(slow);
        var tag = head.Header("ETag");

        File.Move(_site["next.bin"], _site["film.bin"], overwrite: true);

        var body = await HttpAnswer.ReadBodyAsync(slow, head);
        Assert.Equal(size, body.Length);
        Assert.DoesNotContain((byte)'b', body);
        var next = await _site.GetAsync("/film.bin", ("Range", "bytes=0-0"), ("If-Range", tag!));
        Assert.Equal((200, size), (next.Status, next.Body.Length));
        Assert.NotEqual(tag, next.Header("ETag"));
    }

    [Fact]
    public async Task Get_FileCutWhileItIsSent_TheConnectionBreaks()
    {
        const int size = 9 * 1_048_576;
        await File.WriteAllBytesAsync(_site["film.bin"], new byte[size]);
        using var slow = await RawConnection.OpenAsync(_site.Address, receiveBufferBytes: 4_096);
        await slow.SendAsync($"GET /film.bin HTTP/1.1\r\nHost: {_site.Address.Authority}\r\n\r\n");
        var head = await HttpAnswer.ReadHeadAsync(slow);

        using (var file = File.Open(_site["film.bin"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(1);
        }

        var broken = await Record.ExceptionAsync(() => HttpAnswer.ReadBodyAsync(slow, head));
        Assert.True(broken is IOException or SocketException, $"{broken}");
        await _site.Logs.WaitFor("SiteFileShrank");
    }
}
