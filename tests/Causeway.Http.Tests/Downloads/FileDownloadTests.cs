using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Causeway.Http.Tests;

/// <summary>C3: a file goes out whole or in ranges, under conditions, and so that no browser runs it.</summary>
public sealed class FileDownloadTests : IAsyncLifetime
{
    private const string Text = "0123456789abcdefghij";
    private static readonly DateTimeOffset Modified = new(2026, 1, 31, 8, 15, 0, 500, TimeSpan.Zero);
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapMethods("/file", ["GET", "HEAD"], static () => Download(Text));
            app.MapMethods("/empty", ["GET", "HEAD"], static () => Download(""));
            app.MapGet("/torn", static () => new FileDownload(new TornStream(), "text/plain"));
        },
        static builder => builder.Services.AddApiErrors());

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Get_Whole_HasAllThatDescribesItAndNoRights()
    {
        var response = await _server.GetAsync("/file");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Text, await response.TextAsync());
        Assert.Equal(20, response.Content.Headers.ContentLength);
        Assert.Equal("\"tag\"", response.Headers.ETag!.ToString());
        Assert.Equal("Sat, 31 Jan 2026 08:15:00 GMT", response.Content.Headers.GetValues("Last-Modified").Single());
        Assert.Equal("bytes", response.Headers.AcceptRanges.Single());
        Assert.Equal("attachment; filename=\"a.txt\"", response.Content.Headers.ContentDisposition!.ToString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.StartsWith("sandbox;", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}:", response.Headers.GetValues("Repr-Digest").Single());
    }

    [Fact]
    public async Task Head_HasTheHeadersOfGetAndNoBody()
    {
        var response = await _server.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/file").With("Range", "bytes=0-1"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(20, response.Content.Headers.ContentLength);
        Assert.Equal("", await response.TextAsync());
    }

    [Theory]
    [InlineData("bytes=0-3", "0123", "bytes 0-3/20")]
    [InlineData("bytes=18-", "ij", "bytes 18-19/20")]
    [InlineData("bytes=-2", "ij", "bytes 18-19/20")]
    [InlineData("bytes=0-0,-1000", Text, "bytes 0-19/20")]
    public async Task Get_OneRange_IsThatPart(string range, string body, string contentRange)
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With("Range", range));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(body, await response.TextAsync());
        Assert.Equal(contentRange, response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Get_SeveralRanges_AreOneBodyOfParts()
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With("Range", "bytes=10-11, 0-1"));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        var boundary = response.Content.Headers.ContentType!.Parameters.Single().Value;
        var body = await response.TextAsync();
        Assert.Equal("multipart/byteranges", response.Content.Headers.ContentType.MediaType);
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Equal(
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-11/20\r\n\r\nab\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/20\r\n\r\n01\r\n--{boundary}--\r\n",
            body);
    }

    [Fact]
    public async Task Get_RangeBehindTheEnd_Is416WithTheLength()
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With("Range", "bytes=20-"));

        await HttpAssert.IsErrorAsync(response, HttpStatusCode.RequestedRangeNotSatisfiable, "VALIDATION_ERROR");
        Assert.Equal("bytes */20", response.Content.Headers.ContentRange!.ToString());
        Assert.False(response.Headers.Contains("Repr-Digest"));
    }

    [Theory]
    [InlineData("bytes=1-0")]
    [InlineData("pages=1-2")]
    public async Task Get_RangeThatIsNone_GetsTheWhole(string range)
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With("Range", range));

        Assert.Equal((HttpStatusCode.OK, Text), (response.StatusCode, await response.TextAsync()));
    }

    [Theory]
    [InlineData("\"tag\"", 206)]
    [InlineData("Sat, 31 Jan 2026 08:15:00 GMT", 206)]
    [InlineData("\"other\"", 200)]
    [InlineData("W/\"tag\"", 200)]      // a weak tag says nothing of bytes
    [InlineData("Sat, 31 Jan 2026 08:15:01 GMT", 200)]
    [InlineData("nonsense", 200)]
    public async Task Get_IfRange_CountsOnlyForThisVeryContent(string condition, int status)
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With("Range", "bytes=0-1").With("If-Range", condition));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("If-None-Match", "\"tag\"", 304)]
    [InlineData("If-None-Match", "W/\"tag\"", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "\"x\", \"tag\"", 304)]
    [InlineData("If-None-Match", "\"x\"", 200)]
    [InlineData("If-Match", "\"tag\"", 200)]
    [InlineData("If-Match", "*", 200)]
    [InlineData("If-Match", "\"x\"", 412)]
    [InlineData("If-Match", "W/\"tag\"", 412)]
    [InlineData("If-Modified-Since", "Sat, 31 Jan 2026 08:15:00 GMT", 304)]
    [InlineData("If-Modified-Since", "Sat, 31 Jan 2026 08:14:59 GMT", 200)]
    [InlineData("If-Unmodified-Since", "Sat, 31 Jan 2026 08:15:00 GMT", 200)]
    [InlineData("If-Unmodified-Since", "Sat, 31 Jan 2026 08:14:59 GMT", 412)]
    public async Task Get_Condition_DecidesTheStatus(string header, string value, int status)
    {
        var response = await _server.SendAsync(HttpAssert.Get("/file").With(header, value));

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 304)
        {
            Assert.Equal("\"tag\"", response.Headers.ETag!.ToString());
            Assert.Equal("", await response.TextAsync());
        }
    }

    [Fact]
    public async Task Get_NoneMatchAndModifiedSince_OnlyTheTagCounts()
    {
        var response = await _server.SendAsync(
            HttpAssert.Get("/file").With("If-None-Match", "\"x\"").With("If-Modified-Since", "Sat, 31 Jan 2026 08:15:00 GMT"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("bytes=0-", 416)]
    [InlineData("bytes=-1", 200)]
    [InlineData(null, 200)]
    public async Task Get_EmptyFile_HasNoRanges(string? range, int status)
    {
        var request = HttpAssert.Get("/empty");
        var response = await _server.SendAsync(range is null ? request : request.With("Range", range));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Get_FileThatEndsBeforeItsLength_BreaksOff()
    {
        using var response = await _server.Client.GetAsync("/torn", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        await Eventually.True(() => _server.Logs.Events.Any(static e => e.Exception is InvalidDataException));
    }

    private static FileDownload Download(string text) => new(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text/plain")
    {
        FileName = "a.txt",
        ETag = "tag",
        LastModified = Modified,
        Sha256 = SHA256.HashData(Encoding.UTF8.GetBytes(text)),
    };

    /// <summary>Says a megabyte, and has less.</summary>
    private sealed class TornStream : MemoryStream
    {
        public TornStream()
            : base(new byte[300_000])
        {
        }

        public override long Length => 1_000_000;
    }
}
