using System.Net;
using Causeway.Testing;

namespace Causeway.Relay.Tests.Forwarding;

public sealed class RudeBackendTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    [Fact]
    public async Task Forward_NobodyListens_Answers502InPhaseConnect()
    {
        await using var front = await RelayFront.StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}/"));

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((502, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
        var details = answer.Json.GetProperty("error").GetProperty("details");
        Assert.Equal(("app", "connect"), (details.GetProperty("backend").GetString(), details.GetProperty("phase").GetString()));
        Assert.DoesNotContain("127.0.0.1", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData(Ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData(Ok + "Content-Length: 5, 6\r\n\r\nhello")]
    [InlineData(Ok + "Content-Length: -5\r\n\r\nhello")]
    [InlineData(Ok + "Content-Length: +5\r\n\r\nhello")]
    [InlineData(Ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: identity\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Ok + "Content-Length : 5\r\n\r\nhello")]
    [InlineData(Ok + "X-Folded: a\r\n b\r\n\r\n")]
    [InlineData(Ok + "no colon\r\n\r\n")]
    [InlineData(Ok + "X-Bell: \a\r\n\r\n")]
    [InlineData(Ok + "X-Return: a\rb\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")]
    public async Task Forward_HeadThatCanNotBeRead_Answers502InPhaseHead(string said)
    {
        await using var backend = RawBackend.Says(said);
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal((502, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
        Assert.Equal("head", answer.Json.GetProperty("error").GetProperty("details").GetProperty("phase").GetString());
    }

    [Fact]
    public async Task Forward_HeadWithoutEnd_Answers502()
    {
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Ok);
            for (var i = 0; i < 2_000; i++)
            {
                await peer.SendAsync($"X-{i}: {new string('x', 90)}\r\n");
            }

            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(502, answer.Status);
    }

    [Theory]
    [InlineData(Ok + "Content-Length: 100\r\n\r\nonly this")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n20\r\nonly this")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nonly this, and more\r\n0\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n-9\r\nonly this\r\n0\r\n\r\n")]
    public async Task Forward_DiesInTheBody_CutsTheClientsAnswer(string said)
    {
        await using var backend = RawBackend.Says(said);
        await using var front = await RelayFront.StartAsync(backend.Url);
        using var client = new HttpClient();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetByteArrayAsync(front.BaseAddress).Within());

        await front.Logs.WaitFor("BackendBrokeOff");
    }

    [Fact]
    public async Task Forward_HeadTooSlow_Answers504AndEndsTheBackendsRequest()
    {
        var ended = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WaitClosedAsync();
            ended.SetResult();
        });
        await using var front = await RelayFront.StartAsync(static options => options.FirstByteSeconds = 0.2, backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((504, "BACKEND_TIMEOUT"), (answer.Status, answer.ErrorCode));
        await ended.Task.Within();
    }

    [Fact]
    public async Task Forward_BodyStandsStill_CutsTheClientsAnswer()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(Ok + "Content-Length: 10\r\n\r\nhello");
            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(static options => options.IdleSeconds = 0.3, backend.Url);
        using var client = await RawConnection.OpenAsync(front.BaseAddress);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        var head = await HttpAnswer.ReadHeadAsync(client);
        Assert.Equal("hello"u8.ToArray(), await client.ReadExactlyAsync(5));

        await Assert.ThrowsAnyAsync<Exception>(() => client.ReadExactlyAsync(5).AsTask());
        Assert.Equal("10", head.Header("Content-Length"));
    }

    [Fact]
    public async Task Forward_DropsTheConnectionAtOnce_TriesGetOnceMoreButNotPost()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            peer.Reset();
        });
        await using var front = await RelayFront.StartAsync(backend.Url, new Uri(backend.Url, "/again"));

        var get = await HttpAnswer.SendAsync(front.BaseAddress, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal((502, 2), (get.Status, backend.Connections));

        var post = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
        Assert.Equal((502, 3), (post.Status, backend.Connections));

        var empty = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal((502, 4), (empty.Status, backend.Connections));
    }

    [Fact]
    public async Task Forward_ClosesIdleConnections_NextRequestGetsAnother()
    {
        await using var backend = RawBackend.Says(Ok + "Content-Length: 2\r\n\r\nhi");
        await using var front = await RelayFront.StartAsync(backend.Url);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("hi", await front.Client.GetStringAsync("/"));
        }

        front.Logs.AssertQuiet(Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Forward_AnswersWhileTheUploadGoesOn_ClientSeesTheAnswer()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using var client = await RawConnection.OpenAsync(front.BaseAddress);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nstart");
        var answer = await HttpAnswer.ReadHeadAsync(client);

        Assert.Equal(413, answer.Status);
        Assert.Equal("big"u8.ToArray(), await client.ReadExactlyAsync(3));
    }

    [Fact]
    public async Task Forward_NeverReadsTheUpload_Answers504()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(static options => options.IdleSeconds = 0.5, backend.Url);
        using var client = new HttpClient();
        using var body = new ByteArrayContent(new byte[64 << 20]);

        HttpStatusCode? status = null;
        try
        {
            using var response = await client.PostAsync(front.BaseAddress, body).Within();
            status = response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // The rest of the upload was refused before the answer was read.
        }

        Assert.Contains(status, new HttpStatusCode?[] { null, HttpStatusCode.GatewayTimeout });
        Assert.Equal(BackendPhase.Send, (await front.Logs.WaitFor("BackendFailed")).Properties["Phase"]);
    }

    [Fact]
    public async Task Forward_ClientLeaves_BackendsRequestEndsWithoutAnError()
    {
        var (arrived, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.SetResult();
            await peer.WaitClosedAsync();
            ended.SetResult();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using (var client = await RawConnection.OpenAsync(front.BaseAddress))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await arrived.Task.Within();
        }

        await ended.Task.Within();
        await front.Logs.WaitFor("ClientLeft");
        front.Logs.AssertQuiet(Microsoft.Extensions.Logging.LogLevel.Warning);
    }
}
