using System.ComponentModel.DataAnnotations;
using System.IO.Compression;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F12: compression of what gains by it and endangers nobody.</summary>
public sealed class CompressionTests : IAsyncLifetime
{
    private static readonly string Long = string.Concat(Enumerable.Range(0, 400).Select(static i => $"line {i}, "));

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(static app =>
    {
        app.UseRequestIds();
        app.UseApiErrors();
        app.UseRouting();
        app.UseCompression();
        var group = app.MapGroup("").WithCompression();
        group.MapMethods("/text", ["GET", "HEAD", "POST"], static () => TypedResults.Text(Long).WithETag(7));
        group.MapGet("/json", static () => TypedResults.Ok(new { Text = Long }));
        group.MapGet("/short", static () => TypedResults.Ok(new { Text = "short" }));
        group.MapGet("/empty", static () => TypedResults.NoContent());
        group.MapGet("/of-type", static (HttpContext context, string type) => WriteAsync(context, type));
        group.MapGet("/with", static (HttpContext context, string name, string value) =>
        {
            context.Response.Headers[name] = value;
            return WriteAsync(context, "text/plain");
        });
        group.MapGet("/range", static (HttpContext context) =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = "bytes 0-9/5000";
            return WriteAsync(context, "text/plain");
        });
        group.MapGet("/off", static (HttpContext context) => WriteAsync(context, "text/plain")).WithoutCompression();
        group.MapGet("/pieces", static async (HttpContext context, int pieces, int bytes, bool flush) =>
        {
            context.Response.ContentType = "text/plain";
            for (var i = 0; i < pieces; i++)
            {
                await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(Piece(i, bytes)), context.RequestAborted);
                if (flush)
                {
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }
            }
        });
        group.MapGet("/throws", static async (HttpContext context, int bytes) =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.ETag = "\"1\"";
            await context.Response.WriteAsync(new string('x', bytes), context.RequestAborted);
            throw new InvalidOperationException("boom");
        });
        group.MapGet("/events", static async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        app.MapGet("/unmarked", static () => Long);
    });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/text", "br", "br")]
    [InlineData("/text", "gzip", "gzip")]
    [InlineData("/text", "gzip, deflate, br, zstd", "br")]
    [InlineData("/json", "gzip", "gzip")]
    public async Task UseCompression_LongAnswer_ComesBackTheSame(string path, string accept, string coding)
    {
        var plain = await AskAsync(path, null);

        var coded = await AskAsync(path, accept);

        Assert.Equal(coding, coded.Header("Content-Encoding"));
        Assert.Equal("Accept-Encoding", coded.Header("Vary"));
        Assert.Equal("Accept-Encoding", plain.Header("Vary"));
        Assert.Null(plain.Header("Content-Encoding"));
        Assert.Null(coded.Header("Content-Length"));
        Assert.True(coded.Body.Length < plain.Body.Length / 2);
        Assert.Equal(plain.Text, Decode(coded));
    }

    [Theory]
    [InlineData("br", "\"7-br\"")]
    [InlineData("gzip", "\"7-gzip\"")]
    [InlineData(null, "\"7\"")]
    public async Task UseCompression_Tag_IsTheCodingsOwnAndGoodForAsking(string? accept, string tag)
    {
        var answer = await AskAsync("/text", accept);
        var again = await AskAsync("/text", accept, $"If-None-Match: {tag}\r\n");

        Assert.Equal(tag, answer.Header("ETag"));
        Assert.Equal((304, tag), (again.Status, again.Header("ETag")));
        Assert.Null(again.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("/short")]
    [InlineData("/empty")]
    [InlineData("/range")]
    [InlineData("/nowhere")]
    [InlineData("/of-type?type=image/png")]
    [InlineData("/of-type?type=application/octet-stream")]
    [InlineData("/with?name=Content-Encoding&value=zstd")]
    [InlineData("/with?name=Cache-Control&value=no-store")]
    [InlineData("/with?name=Cache-Control&value=private, no-transform")]
    [InlineData("/with?name=Set-Cookie&value=session=1")]
    public async Task UseCompression_NothingToGainOrNotSafe_GoesOutAsItIs(string path)
    {
        var plain = await AskAsync(path, null);

        var answer = await AskAsync(path, "br, gzip");

        Assert.Equal(plain.Status, answer.Status);
        Assert.Equal(plain.Header("Content-Encoding"), answer.Header("Content-Encoding"));
        Assert.Equal(plain.Body.Length, answer.Body.Length);
    }

    [Theory]
    [InlineData("/off")]
    [InlineData("/unmarked")]
    public async Task UseCompression_EndpointDoesNotWantIt_IsLeftAlone(string path)
    {
        var answer = await AskAsync(path, "br, gzip");

        Assert.Null(answer.Header("Content-Encoding"));
        Assert.Null(answer.Header("Vary"));
    }

    [Fact]
    public async Task UseCompression_Short_HasALength()
    {
        var answer = await AskAsync("/short", "br");

        Assert.Equal(answer.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Header("Content-Length"));
    }

    [Fact]
    public async Task UseCompression_Head_HasTheHeadersOfThePlainAnswer()
    {
        var answer = await HttpAnswer.SendAsync(
            _server.BaseAddress, "HEAD /text HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("Accept-Encoding", answer.Header("Vary"));
        Assert.Null(answer.Header("Content-Encoding"));
    }

    [Fact]
    public async Task UseCompression_EventStream_IsNotHeldBack()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("GET /events HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n");

        var head = await HttpAnswer.ReadHeadAsync(raw).Within();
        var size = await raw.ReadLineAsync().Within();
        var line = await raw.ReadLineAsync().Within();

        Assert.Null(head.Header("Content-Encoding"));
        Assert.Equal(("9", "data: 1"), (size, line));
    }

    [Fact]
    public async Task UseCompression_FailsBeforeAnythingIsSent_IsACleanError()
    {
        var answer = await AskAsync("/throws?bytes=1000", "br");

        Assert.Equal(500, answer.Status);
        Assert.Equal("INTERNAL_ERROR", answer.ErrorCode);
        Assert.Null(answer.Header("Content-Encoding"));
        Assert.Null(answer.Header("ETag"));
    }

    [Fact]
    public async Task UseCompression_FailsMidway_BreaksOff()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("GET /throws?bytes=5000 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
        var all = "";
        try
        {
            all = Encoding.Latin1.GetString(await raw.ReadToEndAsync().Within());
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset: broken off as well.
        }

        Assert.DoesNotContain("INTERNAL_ERROR", all, StringComparison.Ordinal);
        Assert.False(all.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public void UseCompression_AnyPieces_ComeBackTheSame() => Prop.ForAll(
        Gen.Choose(0, 40).ToArbitrary(), Gen.Choose(1, 700).ToArbitrary(), Gen.Elements("br", "gzip").Zip(Gen.Elements(true, false)).ToArbitrary(),
        (pieces, bytes, how) =>
        {
            var answer = AskAsync($"/pieces?pieces={pieces}&bytes={bytes}&flush={how.Item2}", how.Item1).GetAwaiter().GetResult();

            Assert.Equal(string.Concat(Enumerable.Range(0, pieces).Select(i => Piece(i, bytes))), Decode(answer));
            Assert.Equal(pieces * bytes >= 1_024 ? how.Item1 : null, answer.Header("Content-Encoding"));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Theory]
    [InlineData(255, "text/plain")]
    [InlineData(1_048_577, "text/plain")]
    [InlineData(1_024, "text/event-stream")]
    public async Task UseCompression_BadOptions_FailTheStart(int threshold, string type) =>
        await Assert.ThrowsAsync<ValidationException>(() => TestServer.StartAsync(app => app.UseCompression(options =>
        {
            options.ThresholdBytes = threshold;
            options.MediaTypes.Add(type);
        })));

    private static string Piece(int number, int bytes) => new((char)('a' + number % 26), bytes);

    private static Task WriteAsync(HttpContext context, string type)
    {
        context.Response.ContentType = type;
        return context.Response.WriteAsync(Long, context.RequestAborted);
    }

    private static string Decode(HttpAnswer answer)
    {
        using var body = new MemoryStream(answer.Body);
        using Stream plain = answer.Header("Content-Encoding") switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var reader = new StreamReader(plain);
        return reader.ReadToEnd();
    }

    private Task<HttpAnswer> AskAsync(string path, string? accept, string headers = "") => HttpAnswer.SendAsync(
        _server.BaseAddress,
        $"GET {path.Replace(" ", "%20", StringComparison.Ordinal)} HTTP/1.1\r\nHost: localhost\r\n{(accept is null ? "" : $"Accept-Encoding: {accept}\r\n")}{headers}Connection: close\r\n\r\n");
}
