using System.Net;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Causeway.Hosting.Tests.Health;

public sealed class HealthEndpointTests
{
    [Fact]
    public async Task Health_Alive_IsOk()
    {
        await using var server = await StartAsync(static _ => { });

        var (status, body) = await GetAsync(server, "/health");

        Assert.Equal((HttpStatusCode.OK, """{"status":"ok"}"""), (status, body.GetRawText()));
    }

    [Fact]
    public async Task Ready_NoCheck_IsReady()
    {
        await using var server = await StartAsync(static _ => { });

        var (status, body) = await GetAsync(server, "/ready");

        Assert.Equal((HttpStatusCode.OK, """{"status":"ready","checks":[]}"""), (status, body.GetRawText()));
    }

    [Theory]
    [InlineData(ReadinessStatus.Ready, HttpStatusCode.OK, "ready")]
    [InlineData(ReadinessStatus.Degraded, HttpStatusCode.OK, "degraded")]
    [InlineData(ReadinessStatus.Unavailable, HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task Ready_WorstCheck_Decides(ReadinessStatus worst, HttpStatusCode expected, string word)
    {
        await using var server = await StartAsync(services => services
            .AddReadinessCheck("first", static _ => ValueTask.FromResult(ReadinessResult.Ready()))
            .AddReadinessCheck("second", _ => ValueTask.FromResult(new ReadinessResult(worst, "why")))
            .AddReadinessCheck("third", static (_, _) => ValueTask.FromResult(ReadinessResult.Ready("all well"))));

        var (status, body) = await GetAsync(server, "/ready");

        Assert.Equal(expected, status);
        Assert.Equal(word, body.GetProperty("status").GetString());
        Assert.Equal(
            [("first", "ready", null), ("second", word, "why"), ("third", "ready", "all well")],
            body.GetProperty("checks").EnumerateArray().Select(static check =>
                (check.GetProperty("name").GetString()!, check.GetProperty("status").GetString()!, check.GetProperty("detail").GetString())));
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("blocks")]
    [InlineData("obeys")]
    public async Task Ready_HangingCheck_AnswersWithinASecond(string how)
    {
        using var release = new ManualResetEventSlim();
        var time = new ManualTime();
        var calls = 0;
        await using var server = await StartAsync(services => services
            .AddSingleton<TimeProvider>(time)
            .AddReadinessCheck("stuck", async cancellationToken =>
            {
                Interlocked.Increment(ref calls);
                switch (how)
                {
                    case "hangs":
                        await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
                        break;
                    case "blocks":
                        release.Wait(Limits.Test, CancellationToken.None);
                        break;
                    default:
                        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                        break;
                }

                return ReadinessResult.Ready();
            }));

        var asked = GetAsync(server, "/ready");
        await time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(800), timers: 2);
        var (status, body) = await asked.Within();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("no answer within 800 ms", body.GetProperty("checks")[0].GetProperty("detail").GetString());
        if (how != "obeys")
        {
            asked = GetAsync(server, "/ready");
            await time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(800));
            await asked.Within();
            Assert.Equal(1, Volatile.Read(ref calls));
        }

        release.Set();
    }

    [Fact]
    public async Task Ready_CheckThrows_TellsTheLogNotTheCaller()
    {
        await using var server = await StartAsync(static services => services
            .AddReadinessCheck("database", static _ => throw new InvalidOperationException("Password=hunter2")));

        var (status, body) = await GetAsync(server, "/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.DoesNotContain("hunter2", body.GetRawText(), StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>((await server.Logs.WaitFor("ReadinessCheckFailed")).Exception);
    }

    [Fact]
    public async Task Ready_Draining_SaysSoWhileHealthStaysOk()
    {
        var release = new TaskCompletionSource();
        await using var server = await StartAsync(services => services.AddDrain().AddDrainStep("wait", 1, 1.0, (_, _) => release.Task));
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        // Stopping has begun; nothing has been stopped yet.
        var stop = server.App.StopAsync(TestContext.Current.CancellationToken);
        var (ready, body) = await GetAsync(server, "/ready");
        var (health, _) = await GetAsync(server, "/health");
        release.SetResult();
        await stop.Within();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining"), (ready, body.GetProperty("status").GetString()));
        Assert.Equal(HttpStatusCode.OK, health);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/ready")]
    public async Task Head_Always_HasNoBodyAndIsNotCached(string path)
    {
        await using var server = await StartAsync(static _ => { });
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static Task<TestServer> StartAsync(Action<IServiceCollection> add) => TestServer.StartAsync(
        static app => app.MapHealth(),
        builder =>
        {
            add(builder.Services);
            builder.Services.AddReadiness();
        });

    private static async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(TestServer server, string path)
    {
        using var response = await server.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (response.StatusCode, json.RootElement.Clone());
    }
}
