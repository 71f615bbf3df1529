using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Causeway.Http.Tests;

/// <summary>F3: every error has the one shape, the right status and no inner detail.</summary>
public sealed class ApiErrorsTests : IAsyncLifetime
{
    private const string Secret = "SELECT * FROM users at /srv/secret.cs";
    private TestServer _server = null!;

    private sealed record Thing(string Name, int Size, Colour Colour = Colour.DarkRed);

    private enum Colour
    {
        DarkRed = 1,
        Blue,
    }

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapGet("/things", static () => "all");
            app.MapPut("/things", static () => "put");
            app.MapPost("/things", static (Thing thing) => thing);
            app.MapGet("/things/{id:int}", static (int id, int page) => $"{id} {page}");
            app.MapGet("/throws", static string () => throw new InvalidOperationException(Secret));
            app.MapGet("/throws-late", static async Task (HttpContext context) =>
            {
                await Task.Yield();
                throw new InvalidOperationException(Secret);
            });
            app.MapGet("/throws-started", static async Task (HttpContext context) =>
            {
                await context.Response.WriteAsync("half an ans");
                await context.Response.Body.FlushAsync();
                throw new InvalidOperationException(Secret);
            });
            app.MapGet("/throws-unflushed", static Task (HttpContext context) =>
            {
                context.Response.BodyWriter.Advance(Fill(context.Response.BodyWriter.GetSpan(4)));
                throw new InvalidOperationException(Secret);

                static int Fill(Span<byte> span)
                {
                    span.Fill((byte)'x');
                    return 4;
                }
            });
            app.MapGet("/throws-with-headers", static string (HttpContext context) =>
            {
                context.Response.Headers.ETag = "\"1\"";
                context.Response.Headers.ContentEncoding = "gzip";
                context.Response.Headers["X-Kept"] = "yes";
                context.Response.ContentLength = 3;
                throw new InvalidOperationException(Secret);
            });
            app.MapGet("/status/{status:int}", static (int status) => Results.StatusCode(status));
            app.MapGet("/wait/{status:int}", static (int status, HttpContext context) =>
            {
                context.Response.Headers.RetryAfter = "7";
                return Results.StatusCode(status);
            });
            app.MapGet("/own-body", static () => Results.Text("my own", statusCode: 404));
            app.MapGet("/skipped", static () => Results.StatusCode(404)).WithMetadata(new SkipAttribute());
            app.MapGet("/refused", static () => new ApiError(ErrorCode.RateLimited, "Slow down.") { RetryAfter = TimeSpan.FromMilliseconds(1_200) }.ToResult());
            app.MapGet("/details", static () => new ApiError(ErrorCode.ValidationError, "No.")
            {
                Details = new JsonObject { ["fields"] = new JsonArray("a", "b"), ["none"] = null },
            }.ToResult());
            app.MapPost("/small", static async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                return await reader.ReadToEndAsync();
            });
            app.MapGet("/hangs", static async Task (HttpContext context) => await Task.Delay(Timeout.Infinite, context.RequestAborted));
            app.MapGet("/throws-not-serializable", static () => new { Text = new string('x', 50_000), Loop = new Looping() });
        },
        static builder =>
        {
            builder.Services.AddApiErrors().AddApiJson();
            builder.Services.Configure<KestrelServerOptions>(static options => options.Limits.MaxRequestBodySize = 1_000);
        });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task UseApiErrors_NothingAtPath_IsNotFound() =>
        await HttpAssert.IsErrorAsync(await _server.GetAsync("/nowhere"), HttpStatusCode.NotFound, "NOT_FOUND");

    [Fact]
    public async Task UseApiErrors_BrowserAsks_GetsJsonToo()
    {
        using var request = HttpAssert.Get("/nowhere").With("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.NotFound, "NOT_FOUND");
    }

    [Fact]
    public async Task UseApiErrors_WrongMethod_KeepsAllow()
    {
        var response = await _server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/things"));

        var error = await HttpAssert.IsErrorAsync(response, HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");
        Assert.Equal(["GET", "POST", "PUT"], response.Content.Headers.Allow.Order());
        Assert.Equal(3, error.GetProperty("details").GetProperty("allow").GetArrayLength());
    }

    [Fact]
    public async Task UseApiErrors_BodyOfAnotherType_IsUnsupportedMediaType()
    {
        using var request = HttpAssert.PostText("/things", "name=x", "application/x-www-form-urlencoded");
        await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("{\"name\":\"a\",", "INVALID_JSON", "$")]
    [InlineData("nonsense", "INVALID_JSON", "$")]
    [InlineData("{\"name\":\"a\",\"size\":1x}", "INVALID_JSON", "$.size")]
    [InlineData("{\"name\":\"a\",\"size\":1} more", "INVALID_JSON", "$")]
    [InlineData("{\"name\":\"a\",\"size\":\"1\"}", "INVALID_MESSAGE", "$.size")]
    [InlineData("{\"name\":\"a\",\"size\":1,\"weight\":2}", "INVALID_MESSAGE", "$.weight")]
    [InlineData("{\"name\":\"a\",\"size\":1,\"size\":2}", "INVALID_MESSAGE", "$.size")]
    [InlineData("{\"name\":null,\"size\":1}", "INVALID_MESSAGE", "$.name")]
    [InlineData("{\"size\":1}", "INVALID_MESSAGE", "name")]
    [InlineData("{\"name\":\"a\",\"size\":1,\"colour\":7}", "INVALID_MESSAGE", "$.colour")]
    [InlineData("[]", "INVALID_MESSAGE", "$")]
    [InlineData("null", "INVALID_MESSAGE", "body")]
    [InlineData("", "INVALID_MESSAGE", "body")]
    public async Task UseApiErrors_UnusableJson_SaysWhere(string body, string code, string? where)
    {
        using var request = HttpAssert.PostText("/things", body);

        var error = await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.BadRequest, code);

        Assert.DoesNotContain("Thing", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.ToString(), StringComparison.Ordinal);
        if (where is not null)
        {
            Assert.Contains(where, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task UseApiErrors_JsonErrorOnThirdLine_NamesTheLine()
    {
        using var request = HttpAssert.PostText("/things", "{\n\"name\":\"a\",\n\"size\":true}");

        var error = await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.BadRequest, "INVALID_MESSAGE");

        Assert.Equal(3, error.GetProperty("details").GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("/things/1?page=many", "page")]
    [InlineData("/things/1", "page")]
    public async Task UseApiErrors_UnusableParameter_NamesItWithoutItsType(string path, string parameter)
    {
        var error = await HttpAssert.IsErrorAsync(await _server.GetAsync(path), HttpStatusCode.BadRequest, "INVALID_MESSAGE");

        Assert.Contains($"\"{parameter}\"", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/small", true)]
    [InlineData("/small", false)]
    [InlineData("/things", true)]
    public async Task UseApiErrors_BodyOverLimit_IsPayloadTooLarge(string path, bool withLength)
    {
        using var request = HttpAssert.PostText(path, $"{{\"name\":\"{new string('a', 2_000)}\"}}");
        request.Headers.TransferEncodingChunked = !withLength;

        await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
    }

    [Theory]
    [InlineData("/throws")]
    [InlineData("/throws-late")]
    [InlineData("/throws-with-headers")]
    public async Task UseApiErrors_HandlerThrows_TellsNothingAndLogsAll(string path)
    {
        using var request = HttpAssert.Get(path).With("X-Request-Id", "find-me");

        var response = await _server.SendAsync(request);

        await HttpAssert.IsErrorAsync(response, HttpStatusCode.InternalServerError, "INTERNAL_ERROR");
        Assert.DoesNotContain("SELECT", await response.TextAsync(), StringComparison.Ordinal);
        var logged = await _server.Logs.WaitFor("RequestFailed");
        Assert.Equal("find-me", logged.Properties["RequestId"]);
        Assert.Equal(Secret, logged.Exception?.Message);
        Assert.Equal(LogLevel.Error, logged.Level);
    }

    [Fact]
    public async Task UseApiErrors_HandlerSetHeadersBeforeItThrew_DropsThoseOfItsBody()
    {
        var response = await _server.GetAsync("/throws-with-headers");

        Assert.Null(response.Headers.ETag);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal("yes", response.Headers.GetValues("X-Kept").Single());
    }

    [Theory]
    [InlineData("/throws-started")]
    [InlineData("/throws-unflushed")]
    [InlineData("/throws-not-serializable")]
    public async Task UseApiErrors_PartOfAnswerIsOut_BreaksTheConnection(string path)
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => _server.GetAsync(path));

        Assert.Single(_server.Logs.Named("RequestFailed"));
    }

    [Fact]
    public async Task UseApiErrors_Head_HasHeadersAndNoBody()
    {
        var answer = await HttpAnswer.SendAsync(_server.BaseAddress, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\r\nConnection: close\r\n\r\n");
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\r\nConnection: close\r\n\r\n");

        var head = System.Text.Encoding.ASCII.GetString(await raw.ReadToEndAsync());

        Assert.StartsWith("HTTP/1.1 404", head, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"Content-Length: {answer.Body.Length}\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "INVALID_MESSAGE")]
    [InlineData(401, "UNAUTHORIZED")]
    [InlineData(403, "FORBIDDEN")]
    [InlineData(406, "INVALID_MESSAGE")]
    [InlineData(408, "TIMEOUT")]
    [InlineData(409, "CONFLICT")]
    [InlineData(410, "NOT_FOUND")]
    [InlineData(412, "PRECONDITION_FAILED")]
    [InlineData(418, "INVALID_MESSAGE")]
    [InlineData(422, "VALIDATION_ERROR")]
    [InlineData(426, "INVALID_MESSAGE")]
    [InlineData(429, "RATE_LIMITED")]
    [InlineData(500, "INTERNAL_ERROR")]
    [InlineData(502, "BACKEND_UNREACHABLE")]
    [InlineData(503, "UNAVAILABLE")]
    [InlineData(504, "TIMEOUT")]
    public async Task UseApiErrors_BareStatus_GetsItsCode(int status, string code)
    {
        var response = await _server.GetAsync($"/status/{status}");

        await HttpAssert.IsErrorAsync(response, (HttpStatusCode)status, code);
        Assert.Equal(status == 401, response.Headers.WwwAuthenticate.Contains(new AuthenticationHeaderValue("Bearer")));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task UseApiErrors_BareStatusWithRetryAfter_TellsItInDetails(int status)
    {
        var response = await _server.GetAsync($"/wait/{status}");

        var error = JsonNode.Parse(await response.TextAsync())!["error"]!;
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        Assert.Equal(7_000, (int)error["details"]!["retry_after_ms"]!);
    }

    [Theory]
    [InlineData("/own-body", "my own")]
    [InlineData("/skipped", "")]
    public async Task UseApiErrors_EndpointMeansItsAnswer_LeavesIt(string path, string body)
    {
        var response = await _server.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(body, await response.TextAsync());
    }

    [Fact]
    public async Task ToResult_WithRetryAfter_RoundsTheHeaderUp()
    {
        var response = await _server.GetAsync("/refused");

        var error = await HttpAssert.IsErrorAsync(response, HttpStatusCode.TooManyRequests, "RATE_LIMITED");
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        Assert.Equal(1_200, error.GetProperty("details").GetProperty("retry_after_ms").GetInt32());
    }

    [Fact]
    public async Task ToResult_WithDetails_WritesThem()
    {
        var error = await HttpAssert.IsErrorAsync(await _server.GetAsync("/details"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.Equal("""{"fields":["a","b"],"none":null}""", error.GetProperty("details").GetRawText());
    }

    [Theory]
    [InlineData("application/problem+json", true)]
    [InlineData("text/html, application/problem+json;q=0.5", true)]
    [InlineData("application/problem+json;q=0", false)]
    [InlineData("application/json", false)]
    public async Task WriteAsync_AcceptNamesProblemJson_SpeaksRfc9457(string accept, bool expected)
    {
        using var request = HttpAssert.Get("/nowhere").With("Accept", accept);

        var response = await _server.SendAsync(request);

        var body = JsonNode.Parse(await response.TextAsync())!;
        Assert.Equal(expected ? "application/problem+json" : "application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("NOT_FOUND", (string?)(expected ? body["code"] : body["error"]!["code"]));
        if (expected)
        {
            Assert.Equal("about:blank", (string?)body["type"]);
            Assert.Equal(404, (int?)body["status"]);
            Assert.Equal("Not Found", (string?)body["title"]);
            Assert.NotNull((string?)body["detail"]);
        }
    }

    [Fact]
    public async Task UseApiErrors_ClientLeaves_IsNoError()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("GET /hangs HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _server.Logs.WaitFor("ExecutingEndpoint");
        raw.Reset();

        await _server.Logs.WaitFor("ClientLeft");
        _server.Logs.AssertQuiet(LogLevel.Warning);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SkipAttribute : Attribute, ISkipStatusCodePagesMetadata;

    private sealed class Looping
    {
        private readonly string _secret = Secret;

        public string Boom => throw new InvalidOperationException(_secret);
    }
}
