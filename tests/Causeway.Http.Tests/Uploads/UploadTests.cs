using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;

namespace Causeway.Http.Tests;

/// <summary>C4: a file is taken as it comes, is what it says, and leaves nothing where it is not whole.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int MaxBytes = 1_000_000;

    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[500]];
    private static readonly byte[] EmptyArchive = [0x50, 0x4B, 5, 6, .. new byte[18]];

    private readonly TempDirectory _directory = new();
    private readonly List<long> _reservations = [];
    private UploadDirectory _files = null!;
    private UploadLimits _limits = new() { MaxBytes = MaxBytes, AllowedTypes = ["image/*", "text/*", "application/pdf", "application/json", "application/zip"] };
    private long _quota = long.MaxValue;
    private TimeProvider _time = TimeProvider.System;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _files = new UploadDirectory(Path.Combine(_directory.Path, "files"), TimeProvider.System);
        _server = await TestServer.StartAsync(
            app =>
            {
                app.UseRequestIds();
                app.UseApiErrors();
                app.MapPost("/files", (Delegate)TakeAsync);
            },
            static builder =>
            {
                builder.Services.AddApiErrors().AddApiJson();
                builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
            });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Copy_RawBody_IsStoredWithItsDigest()
    {
        var file = await TakenAsync(Raw("hello"u8.ToArray(), "text/plain", "attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt"));

        Assert.Equal(("grüße.txt", "text/plain", 5), (file.Name, file.Type, file.Bytes));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("hello"u8)), file.Sha256);
        using var stored = _files.OpenRead(file.Key)!;
        Assert.Equal("hello", await new StreamReader(stored).ReadToEndAsync(TestContext.Current.CancellationToken));
        AssertNothingIncoming();
    }

    [Fact]
    public async Task Copy_Form_TakesTheFieldsBeforeItAndTheFile()
    {
        using var form = new MultipartFormDataContent { { new StringContent("a note"), "note" } };
        form.Add(Part(Png, "image/png"), "file", "日本.png");
        var file = await TakenAsync(new HttpRequestMessage(HttpMethod.Post, "/files") { Content = form });

        Assert.Equal(("日本.png", "image/png", 508, "note=a note"), (file.Name, file.Type, file.Bytes, file.Fields));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("field")]
    public async Task Copy_FormWithSomethingBehindTheFile_IsRefused(string kind)
    {
        using var form = new MultipartFormDataContent();
        form.Add(Part("a"u8.ToArray(), "text/plain"), "file", "a.txt");
        if (kind == "file")
        {
            form.Add(Part("b"u8.ToArray(), "text/plain"), "file2", "b.txt");
        }
        else
        {
            form.Add(new StringContent("late"), "note");
        }

        await RefusedAsync(new HttpRequestMessage(HttpMethod.Post, "/files") { Content = form }, HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nv\r\n--b--\r\n", 400, "INVALID_MESSAGE")]                       // no file
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\ntext", 400, "INVALID_MESSAGE")]               // no end
    [InlineData("--b\r\n\r\nv\r\n--b--\r\n", 400, "INVALID_MESSAGE")]                                                                    // no disposition
    [InlineData("--b\r\nContent-Disposition: attachment; filename=\"a.txt\"\r\n\r\nv\r\n--b--\r\n", 400, "INVALID_MESSAGE")]
    [InlineData("nothing of the kind", 400, "INVALID_MESSAGE")]
    [InlineData("", 400, "INVALID_MESSAGE")]
    public async Task Copy_FormThatIsNone_IsRefused(string body, int status, string code)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");

        await RefusedAsync(request, (HttpStatusCode)status, code);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Open_FormWithoutAUsableBoundary_IsRefused(string type)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);

        await RefusedAsync(request, HttpStatusCode.BadRequest, "INVALID_MESSAGE");
    }

    public static TheoryData<string, byte[], string> Liars => new()
    {
        { "image/png", "<html><script>alert(1)</script>"u8.ToArray(), "not image/png" },
        { "image/png", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "image/jpeg" },
        { "image/jpeg", Png, "image/png" },
        { "text/plain", Png, "image/png" },
        { "text/plain", [0x41, 0, 0x42], "not text/plain" },
        { "text/plain", [.. Enumerable.Repeat((byte)'a', 200_000), 0], "not text/plain" },     // far behind the first bytes
        { "application/json", "hello"u8.ToArray(), "not application/json" },
        { "application/pdf", "%PDX-1.4"u8.ToArray(), "not application/pdf" },
        { "application/pdf", " %PDF-1.4"u8.ToArray(), "not application/pdf" },
        { "image/gif", [.. "GIF89a/*"u8, .. "*/=1;<script>alert(1)</script>"u8], "markup" },
        { "image/gif", [.. "GIF89a\u0001\0<!DOCTYPE html>"u8], "markup" },
        { "image/png", [.. Png[..100], .. "<?PHP system($_GET['x'])"u8], "markup" },
        { "image/jpeg", [0xFF, 0xD8, 0xFF, 0xFE, .. "%PDF-1.7"u8], "a PDF" },
        { "image/png", [.. Png, .. EmptyArchive], "archive" },
        { "image/png", [.. Png, .. EmptyArchive[..20], 5, 0, .. "hello"u8], "archive" },
        { "application/pdf", [.. "%PDF-1.7\n"u8, .. EmptyArchive], "archive" },
        { "image/svg+xml", "<svg onload=alert(1)>"u8.ToArray(), "not taken" },
        { "text/html", "<p>"u8.ToArray(), "not taken" },
        { "application/x-msdownload", "MZ"u8.ToArray(), "not taken" },
    };

    [Theory]
    [MemberData(nameof(Liars))]
    public async Task Copy_AnotherTypeThanItSaysOrTwoAtOnce_IsRefused(string type, byte[] content, string said)
    {
        var error = await RefusedAsync(Raw(content, type), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");

        Assert.Contains(said, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    public static TheoryData<string?, string, byte[], string> Honest => new()
    {
        { "image/png", "x", Png, "image/png" },
        { "image/PNG; charset=binary", "x", Png, "image/png" },
        { "image/jpg", "x", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0], "image/jpeg" },
        { null, "x", Png, "image/png" },
        { "application/octet-stream", "x.txt", Png, "image/png" },
        { "application/octet-stream", "x.csv", "a,b"u8.ToArray(), "text/csv" },
        { null, "x.md", "# hi"u8.ToArray(), "text/markdown" },
        { null, "x.unknown", "hi"u8.ToArray(), "text/plain" },
        { "application/x-www-form-urlencoded", "x", "hi"u8.ToArray(), "text/plain" },          // curl --data-binary
        { "text/plain", "x", "<html> as text"u8.ToArray(), "text/plain" },
        { "application/json", "x", [0xEF, 0xBB, 0xBF, .. " {}"u8], "application/json" },
        { "application/pdf", "x", "%PDF-1.7\n"u8.ToArray(), "application/pdf" },
        { "application/zip", "x", EmptyArchive, "application/zip" },
        { "image/webp", "x", [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8 "u8], "image/webp" },
        { "text/plain", "x", [], "text/plain" },
    };

    [Theory]
    [MemberData(nameof(Honest))]
    public async Task Copy_TypeThatItIs_IsTaken(string? type, string name, byte[] content, string taken)
    {
        var file = await TakenAsync(Raw(content, type, $"attachment; filename=\"{name}\""));

        Assert.Equal((taken, content.Length), (file.Type, (int)file.Bytes));
    }

    [Fact]
    public async Task Copy_ActiveTypeByExtension_IsNotTakenWithoutBeingNamed()
    {
        await RefusedAsync(Raw("<p>"u8.ToArray(), null, "attachment; filename=\"x.html\""), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
        _limits = _limits with { AllowedTypes = ["text/html"] };
        Assert.Equal("text/html", (await TakenAsync(Raw("<p>"u8.ToArray(), null, "attachment; filename=\"x.html\""))).Type);
    }

    [Theory]
    [InlineData("Content-Digest")]
    [InlineData("Repr-Digest")]
    public async Task Copy_Digest_MustBeTrue(string header)
    {
        var content = Encoding.ASCII.GetBytes("hello");
        var sha256 = Convert.ToBase64String(SHA256.HashData(content));
        var sha512 = Convert.ToBase64String(SHA512.HashData(content));
        var wrong = Convert.ToBase64String(SHA256.HashData("other"u8));

        await TakenAsync(Raw(content, "text/plain").With(header, $"sha-256=:{sha256}:"));
        await TakenAsync(Raw(content, "text/plain").With(header, $"sha-512=:{sha512}:, sha-256=:{sha256}:;x=1, md5=:AAAA:"));
        var error = await RefusedAsync(Raw(content, "text/plain").With(header, $"sha-256=:{wrong}:"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        Assert.Equal((header, $"sha-256=:{sha256}:"), (error.GetProperty("details").GetProperty("header").GetString(), error.GetProperty("details").GetProperty("actual").GetString()));
        await RefusedAsync(Raw(content, "text/plain").With(header, $"sha-512=:{sha512}:, sha-256=:{wrong}:"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
    }

    [Theory]
    [InlineData("sha-256=abc")]
    [InlineData("sha-256=:%%%:")]
    [InlineData("sha-256=:AAAA:")]
    [InlineData("sha-256")]
    [InlineData(":AAAA:")]
    [InlineData("sha-256=:AAAA:x")]
    public async Task Open_MalformedDigest_IsRefused(string value) =>
        await RefusedAsync(Raw("hello"u8.ToArray(), "text/plain").With("Content-Digest", value), HttpStatusCode.BadRequest, "INVALID_MESSAGE");

    [Fact]
    public async Task Copy_FormDigests_CoverTheFormAndThePart()
    {
        byte[] body = [.. "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\nContent-Digest: "u8,
            .. Encoding.ASCII.GetBytes($"sha-256=:{Convert.ToBase64String(SHA256.HashData("hello"u8))}:"), .. "\r\n\r\nhello\r\n--b--\r\nepilogue"u8];
        await TakenAsync(Form(body, SHA256.HashData(body)));
        await RefusedAsync(Form(body, SHA256.HashData(body[..^8])), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        var changed = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(body).Replace("hello", "jello", StringComparison.Ordinal));
        await RefusedAsync(Form(changed, SHA256.HashData(changed)), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        static HttpRequestMessage Form(byte[] body, byte[] digest)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = new ByteArrayContent(body) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=\"b\"");
            return request.With("Content-Digest", $"sha-256=:{Convert.ToBase64String(digest)}:");
        }
    }

    [Fact]
    public async Task Open_LengthOverTheLimit_IsRefusedBeforeTheBody()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync($"POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {MaxBytes + 1}\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal("HTTP/1.1 413 Payload Too Large", await raw.ReadLineAsync());     // and no 100
    }

    [Fact]
    public async Task Copy_ChunkedOverTheLimit_IsRefusedAndLeavesNothing()
    {
        var error = await RefusedAsync(Chunked(new byte[MaxBytes + 1].Select(static _ => (byte)'a').ToArray()), HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");

        Assert.Equal(MaxBytes, error.GetProperty("details").GetProperty("limit_bytes").GetInt32());
        Assert.Equal(MaxBytes, (await TakenAsync(Chunked(new byte[MaxBytes].Select(static _ => (byte)'a').ToArray()))).Bytes);
    }

    [Fact]
    public async Task Open_FormFileOverTheLimit_IsRefused()
    {
        using var form = new MultipartFormDataContent();
        form.Add(Part([.. Enumerable.Repeat((byte)'a', MaxBytes + 1)], "text/plain"), "file", "a.txt");

        await RefusedAsync(new HttpRequestMessage(HttpMethod.Post, "/files") { Content = form }, HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
    }

    [Fact]
    public async Task Copy_Quota_IsAskedForBeforeBytesAreTaken()
    {
        await TakenAsync(Raw([.. Enumerable.Repeat((byte)'a', 5_000)], "text/plain"));
        Assert.Equal([5_000L], _reservations);

        _quota = 4_999;
        var error = await RefusedAsync(Raw([.. Enumerable.Repeat((byte)'a', 5_000)], "text/plain"), HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
        Assert.Equal(4_999, error.GetProperty("details").GetProperty("available_bytes").GetInt32());

        // Of unknown length: as much as there is, and then no more.
        Assert.Equal(4_999, (await TakenAsync(Chunked([.. Enumerable.Repeat((byte)'a', 4_999)]))).Bytes);
        await RefusedAsync(Chunked([.. Enumerable.Repeat((byte)'a', 5_000)]), HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
    }

    [Fact]
    public async Task Copy_NothingComes_IsGivenUp()
    {
        var time = new ManualTime();
        _time = time;
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nabc");
        await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(31));

        Assert.Equal("HTTP/1.1 408 Request Timeout", await raw.ReadLineAsync().AsTask().Within());
        await Eventually.True(() => Directory.GetFiles(Path.Combine(_directory.Path, "files", "incoming")).Length == 0);
    }

    [Fact]
    public async Task Copy_ByteByByteForEver_IsGivenUp()
    {
        var time = new ManualTime();
        _time = time;
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n");
        var answer = raw.ReadLineAsync().AsTask();
        for (var i = 0; i < 5 && !answer.IsCompleted; i++)
        {
            await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(5));
            await raw.SendAsync("x");
        }

        Assert.Equal("HTTP/1.1 408 Request Timeout", await answer.Within());
    }

    [Fact]
    public async Task Copy_LastsTooLong_IsGivenUp()
    {
        var time = new ManualTime();
        _time = time;
        _limits = _limits with { MaxTime = TimeSpan.FromSeconds(20), MinBytesPerSecond = 0 };
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n");
        await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(15));
        await raw.SendAsync("x");
        await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(5));

        Assert.Equal("HTTP/1.1 408 Request Timeout", await raw.ReadLineAsync().AsTask().Within());
    }

    [Theory]
    [InlineData("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n")]
    [InlineData("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nsome of it")]
    [InlineData("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Dispo")]
    [InlineData("POST /files HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nhello")]
    public async Task Copy_ClientLeaves_LeavesNothing(string begun)
    {
        using (var raw = await RawConnection.OpenAsync(_server.BaseAddress))
        {
            await raw.SendAsync(begun);
            await Eventually.True(() => Volatile.Read(ref _begun) == 1);
            raw.Reset();
        }

        await Eventually.True(() => Volatile.Read(ref _ended) == 1);
        AssertNothingIncoming();
        Assert.Empty(_files.ListStored(TimeSpan.Zero));

        // The web server's own, where the reset comes while it puts the body away.
        _server.Logs.AssertQuiet(except: "RequestBodyDrainBodyReaderInvalidState");
    }

    [Fact]
    public async Task Open_EncodedBody_IsRefused() =>
        await RefusedAsync(WithEncoding(Raw([0x1F, 0x8B], "text/plain"), "gzip"), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");

    private static HttpRequestMessage WithEncoding(HttpRequestMessage request, string encoding)
    {
        request.Content!.Headers.ContentEncoding.Add(encoding);
        return request;
    }

    private int _begun;
    private int _ended;

    private async Task<IResult> TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _begun);
        try
        {
            await using var upload = await Upload.OpenAsync(context, _limits, _time);
            await using var incoming = _files.Begin();
            var file = await upload.CopyToAsync(incoming.Content, Reserve, context.RequestAborted);
            var key = Guid.CreateVersion7().ToString();
            incoming.Commit(key);
            return TypedResults.Ok(new Taken(
                key, upload.FileName, file.MediaType, file.Bytes, Convert.ToHexStringLower(file.Sha256.Span), string.Join('&', upload.Fields.Select(static f => $"{f.Key}={f.Value}"))));
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }

    private ValueTask<long> Reserve(long bytes, CancellationToken cancellationToken)
    {
        _reservations.Add(bytes);
        return ValueTask.FromResult(Math.Min(bytes, _quota));
    }

    private async Task<Taken> TakenAsync(HttpRequestMessage request)
    {
        var response = await _server.SendAsync(request);
        var text = await response.TextAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        AssertNothingIncoming();
        return JsonSerializer.Deserialize<Taken>(text, SnakeCase)!;
    }

    private async Task<JsonElement> RefusedAsync(HttpRequestMessage request, HttpStatusCode status, string code)
    {
        var stored = _files.ListStored(TimeSpan.Zero).Count();
        var error = await HttpAssert.IsErrorAsync(await _server.SendAsync(request), status, code);
        AssertNothingIncoming();
        Assert.Equal(stored, _files.ListStored(TimeSpan.Zero).Count());
        return error;
    }

    private void AssertNothingIncoming() => Assert.Empty(Directory.GetFiles(Path.Combine(_directory.Path, "files", "incoming")));

    private static HttpRequestMessage Raw(byte[] content, string? type, string? disposition = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = Part(content, type) };
        if (disposition is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Disposition", disposition);
        }

        return request;
    }

    private static HttpRequestMessage Chunked(byte[] content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = new StreamContent(new MemoryStream(content)) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        return request;
    }

    private static ByteArrayContent Part(byte[] content, string? type)
    {
        var part = new ByteArrayContent(content);
        if (type is not null)
        {
            part.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return part;
    }

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Taken(string Key, string? Name, string Type, long Bytes, string Sha256, string Fields);
}
