using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay.Tests.Forwarding;

public sealed class RudeClientTests
{
    private const string Upload = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf";

    [Fact]
    public async Task Upload_StandsStill_Answers408()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.HoldAsync();
        });
        await using var front = await RelayFront.StartAsync(static options => options.IdleSeconds = 0.3, backend.Url);

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, Upload);

        Assert.Equal((408, "TIMEOUT"), (answer.Status, answer.ErrorCode));
        front.Logs.AssertQuiet(LogLevel.Warning);
    }

    [Fact]
    public async Task Upload_IsNoChunkedBody_Answers400AndBackendsRequestEnds()
    {
        var ended = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WaitClosedAsync();
            ended.SetResult();
        });
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url),
            before: static app => app.UseApiErrors(),
            build: static builder => builder.Services.AddApiErrors());

        var answer = await HttpAnswer.SendAsync(front.BaseAddress, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n");

        Assert.Equal(400, answer.Status);
        await ended.Task.Within();
    }

    [Fact]
    public async Task Upload_ClientLeavesInTheMiddle_BackendsRequestEnds()
    {
        var came = new TaskCompletionSource<string>();
        var ended = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            came.SetResult(await peer.ReadAsync(4));
            await peer.WaitClosedAsync();
            ended.SetResult();
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using (var client = await RawConnection.OpenAsync(front.BaseAddress))
        {
            await client.SendAsync(Upload);
            Assert.Equal("half", await came.Task.Within());
            client.Reset();
        }

        await ended.Task.Within();
        front.Logs.AssertQuiet(LogLevel.Warning);
    }

    [Fact]
    public async Task Download_ClientReadsNothing_BackendIsHeldBack()
    {
        var ended = new TaskCompletionSource<long>();
        await using var backend = RawBackend.Start(async peer =>
        {
            var sent = 0L;
            try
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
                var piece = new byte[65_536];
                while (true)
                {
                    await peer.SendAsync(piece);
                    sent += piece.Length;
                }
            }
            finally
            {
                ended.SetResult(sent);
            }
        });
        await using var front = await RelayFront.StartAsync(static options => options.IdleSeconds = 0.5, backend.Url);
        using var client = await RawConnection.OpenAsync(front.BaseAddress, receiveBufferBytes: 4_096);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await HttpAnswer.ReadHeadAsync(client);

        // The backend sends as much as it can until the standstill ends it.
        Assert.InRange(await ended.Task.Within(), 1, 64 << 20);
    }

    [Fact]
    public async Task Metrics_TellAnswersByBackendAndClass()
    {
        await using var backend = new EchoBackend("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/app/{**rest}", "app", static _ => { }, backend.Url),
            before: static app => app.MapPrometheus("/metrics"),
            build: static builder => builder.Services.AddPrometheus(static prometheus => prometheus.Meters.Add("Causeway.*")));

        await EchoBackend.AskAsync(front, "/app/");
        await EchoBackend.AskAsync(front, "/app/");
        var text = await front.Client.GetStringAsync("/metrics");

        Assert.Contains("causeway_relay_requests_total{backend=\"app\",code=\"4xx\"} 2", text, StringComparison.Ordinal);
        Assert.Contains("causeway_backend_healthy{address=\"0\",backend=\"app\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("causeway_relay_in_flight{backend=\"app\"} 0", text, StringComparison.Ordinal);
    }
}
