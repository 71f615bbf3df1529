using System.Net;
using System.Security.Cryptography;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Relay.Tests.Forwarding;

[Collection(nameof(MeasuresMemory))]
public sealed class StreamingTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    [Fact]
    public async Task Forward_EventStream_FirstEventArrivesWhileTheBackendHoldsTheAnswerOpen()
    {
        var second = new TaskCompletionSource();
        await using var backend = await TestServer.StartAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await second.Task;
            await context.Response.WriteAsync("data: 2\n\n");
        }));
        await using var front = await RelayFront.StartAsync(backend.BaseAddress);

        using var response = await front.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).Within();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: 1", await reader.ReadLineAsync().Within());

        second.SetResult();
        Assert.Equal("\ndata: 2\n\n", await reader.ReadToEndAsync().Within());
    }

    [Fact]
    public async Task Forward_HeadBeforeAnyBody_ArrivesAtOnce()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);

        using var response = await front.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).Within();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Forward_BothWaysAtOnce_EchoesEachPieceBeforeTheNextIsSent()
    {
        await using var backend = await TestServer.StartAsync(static app => app.MapPost("/", static async (HttpContext context) =>
        {
            await context.Response.Body.FlushAsync();
            var buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await context.Response.Body.FlushAsync();
            }
        }));
        await using var front = await RelayFront.StartAsync(backend.BaseAddress);
        using var client = await RawConnection.OpenAsync(front.BaseAddress);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        await HttpAnswer.ReadHeadAsync(client);
        foreach (var piece in new[] { "one", "two", "six" })
        {
            await client.SendAsync($"3\r\n{piece}\r\n");
            Assert.Equal("3", await client.ReadLineAsync());
            Assert.Equal(piece, await client.ReadLineAsync());
        }

        await client.SendAsync("0\r\n\r\n");
        Assert.Equal("0", await client.ReadLineAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forward_OneGiBDown_MemoryStaysBounded(bool chunked)
    {
        const long Total = 1L << 30;
        await using var backend = await TestServer.StartAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            var piece = new byte[1 << 20];
            context.Response.ContentLength = chunked ? null : Total;
            for (long sent = 0; sent < Total; sent += piece.Length)
            {
                await context.Response.Body.WriteAsync(piece);
            }
        }));
        await using var front = await RelayFront.StartAsync(backend.BaseAddress);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        using var response = await front.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).Within();
        await using var body = await response.Content.ReadAsStreamAsync();
        var (buffer, read, peak) = (new byte[1 << 18], 0L, 0L);
        while (await body.ReadAsync(buffer) is > 0 and var count)
        {
            if ((read += count) % (128 << 20) < count)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
            }
        }

        Assert.Equal(Total, read);
        Assert.InRange(peak, long.MinValue, 200 << 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forward_BigUpload_ArrivesWhole(bool chunked)
    {
        await using var backend = await TestServer.StartAsync(
            static app => app.MapPut("/", static async (HttpContext context) =>
                Convert.ToHexString(await SHA256.HashDataAsync(context.Request.Body)) + " " + context.Request.ContentLength),
            static builder => builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = null));
        await using var front = await RelayFront.StartAsync(backend.BaseAddress);
        var bytes = RandomNumberGenerator.GetBytes(48 << 20);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/") { Content = new ByteArrayContent(bytes) };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await front.Client.SendAsync(request).Within();

        Assert.Equal($"{Convert.ToHexString(SHA256.HashData(bytes))} {(chunked ? "" : bytes.Length)}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Forward_ExpectContinue_ClientIsAskedOnlyWhenTheBackendAsks()
    {
        var go = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            Assert.Contains("Expect: 100-continue\r\n", head, StringComparison.Ordinal);
            await go.Task;
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            Assert.Equal("hello", await peer.ReadAsync(5));
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using var client = await RawConnection.OpenAsync(front.BaseAddress);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        await Eventually.True(() => backend.Connections == 1);
        Assert.Equal(0, client.Socket.Available);
        go.SetResult();
        Assert.Equal(100, (await HttpAnswer.ReadHeadAsync(client)).Status);
        await client.SendAsync("hello");

        Assert.Equal(200, (await HttpAnswer.ReadHeadAsync(client)).Status);
    }

    [Fact]
    public async Task Forward_ExpectContinue_RefusalComesWithoutThe100()
    {
        await using var backend = RawBackend.Says("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

        Assert.Equal((403, "no"), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, null, "")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", 204, null, "")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, null, "")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "0", "")]
    [InlineData("HTTP/1.1 500\r\nContent-Length: 2\r\n\r\nno", 500, "2", "no")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, null, "until the end")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 4\n\nbare", 200, "4", "bare")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "2", "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n000\r\nX-T: 1\r\n\r\n", 200, null, "hello")]
    public async Task Forward_AnyFraming_BodyIsTheSame(string said, int status, string? length, string body)
    {
        await using var backend = RawBackend.Says(said);
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, Get);

        Assert.Equal((status, length, body), (answer.Status, answer.Header("Content-Length"), answer.Text));
    }

    [Fact]
    public async Task Forward_Head_KeepsTheLengthAndTheConnection()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            while (await peer.ReadHeadAsync() is not null)
            {
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
            }
        });
        await using var front = await RelayFront.StartAsync(backend.Url);

        for (var i = 0; i < 3; i++)
        {
            var answer = await HttpAnswer.SendAsync(front.BaseAddress, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal((200, "12345"), (answer.Status, answer.Header("Content-Length")));
        }

        Assert.Equal(1, backend.Connections);
    }

    [Fact]
    public async Task Forward_Http2Client_GetsBodyAndTrailers()
    {
        await using var backend = RawBackend.Says(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum, Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 1\r\n\r\n");
        await using var front = await RelayFront.StartAsync(relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.BaseAddress) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await front.Client.SendAsync(request).Within();

        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        Assert.Single(response.TrailingHeaders);
    }

    [Fact]
    public async Task Forward_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        await using var backend = await TestServer.StartAsync(static app => app.MapPost("/{id}", static async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            return $"{context.Request.Path}:{await reader.ReadToEndAsync()}";
        }));
        await using var front = await RelayFront.StartAsync(backend.BaseAddress);

        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, token) =>
        {
            using var content = new StringContent(new string('x', i % 7_000) + i);
            using var response = await front.Client.PostAsync(new Uri(front.BaseAddress, $"/{i}"), content, token);
            Assert.Equal($"/{i}:{new string('x', i % 7_000)}{i}", await response.Content.ReadAsStringAsync(token));
        });
    }
}
