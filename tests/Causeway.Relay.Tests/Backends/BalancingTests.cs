using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.Backends;

public sealed class BalancingTests
{
    private static readonly Uri Nobody = new($"http://127.0.0.1:{FreePort.Next()}/");

    [Fact]
    public async Task RoundRobin_TwoAddresses_TakeTurns()
    {
        await using var one = await NamedAsync("1");
        await using var two = await NamedAsync("2");
        await using var front = await RelayFront.StartAsync(one.BaseAddress, two.BaseAddress);

        var answers = "";
        for (var i = 0; i < 6; i++)
        {
            answers += await front.Client.GetStringAsync("/name");
        }

        Assert.Contains(answers, new[] { "121212", "212121" });
    }

    [Fact]
    public async Task LeastRequests_OneIsBusy_OtherGetsThem()
    {
        var go = new TaskCompletionSource();
        await using var one = await NamedAsync("1", go.Task);
        await using var two = await NamedAsync("2", go.Task);
        await using var front = await RelayFront.StartAsync(static options => options.Balance = Balance.LeastRequests, one.BaseAddress, two.BaseAddress);

        var held = front.Client.GetStringAsync("/held");
        var backend = front.Services.GetRequiredService<RelayRoutes>().Backends[0];
        await Eventually.True(() => backend.Destinations.Sum(static destination => destination.InFlight) == 1);
        var others = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            others.Add(await front.Client.GetStringAsync("/name"));
        }

        go.SetResult();
        Assert.Single(others.Distinct());
        Assert.NotEqual(await held.Within(), others[0]);
        await Eventually.True(() => backend.Destinations.Sum(static destination => destination.InFlight) == 0);
    }

    [Fact]
    public async Task ConnectFails_NextAddressAnswersEvenAPost()
    {
        await using var one = await NamedAsync("1");
        await using var front = await RelayFront.StartAsync(Nobody, one.BaseAddress);

        for (var i = 0; i < 8; i++)
        {
            using var content = new StringContent("body");
            using var answer = await front.Client.PostAsync("/name", content);
            Assert.Equal("1", await answer.Content.ReadAsStringAsync());
        }

        Assert.Single(front.Logs.Named("AddressDown"));
    }

    [Fact]
    public async Task ConnectFails_EachAddressIsTriedOnce()
    {
        await using var front = await RelayFront.StartAsync(Nobody, new Uri($"http://127.0.0.1:{FreePort.Next()}/"), new Uri($"http://127.0.0.1:{FreePort.Next()}/"));

        Assert.Equal(502, (await EchoBackend.AskAsync(front)).Status);

        Assert.Equal(2, (await front.Logs.WaitFor("BackendFailed")).Properties["Retries"]);
    }

    [Fact]
    public void LeftOut_AfterItsRest_GetsOneTrial()
    {
        var time = new ManualTime();
        using var logs = new LogProbe();
        var health = new DestinationHealth("app", Nobody, time, logs.CreateLogger("test"));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(health.MayTake());
            health.ConnectFailed();
        }

        Assert.False(health.MayTake());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(health.MayTake());
        Assert.False(health.MayTake());

        health.ConnectFailed();
        time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.False(health.MayTake());
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True(health.MayTake());

        health.Answered();
        Assert.True(health.IsUp);
        Assert.Equal(["AddressDown", "AddressUp"], logs.Events.Select(static e => e.Id.Name));
    }

    [Fact]
    public async Task Probe_PathFails_AddressIsDownUntilItAnswersAgain()
    {
        var sick = false;
        string? via = null;
        await using var backend = await TestServer.StartAsync(app =>
        {
            app.MapGet("/healthz", (HttpContext context) =>
            {
                via = context.Request.Headers.Via;
                return sick ? Results.StatusCode(500) : Results.Ok();
            });
            app.MapGet("/", static () => "ok");
        });
        await using var front = await RelayFront.StartAsync(static options => options.Health = new HealthOptions { Path = "/healthz", Seconds = 0.1 }, backend.BaseAddress);
        var dependency = front.Services.GetRequiredService<Dependencies>().Find("backend app")!;
        Assert.Equal("ok", await front.Client.GetStringAsync("/"));

        sick = true;
        await front.Logs.WaitFor("AddressDown");
        var answer = await EchoBackend.AskAsync(front);
        Assert.Equal((503, "BACKEND_UNREACHABLE", "1"), (answer.Status, answer.ErrorCode, answer.Header("Retry-After")));
        await Eventually.True(() => dependency.State == DependencyState.Unavailable);

        sick = false;
        await front.Logs.WaitFor("AddressUp");
        Assert.Equal("ok", await front.Client.GetStringAsync("/"));
        await Eventually.True(() => dependency.State == DependencyState.Available);
        Assert.Equal(RelayName.Via, via);
    }

    [Fact]
    public async Task Probe_NobodyThere_OtherAddressTakesAll()
    {
        await using var one = await NamedAsync("1");
        await using var front = await RelayFront.StartAsync(static options => options.Health = new HealthOptions { Path = "/name", Seconds = 0.1 }, Nobody, one.BaseAddress);
        await front.Logs.WaitFor("AddressDown");

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("1", await front.Client.GetStringAsync("/name"));
        }
    }

    private static Task<TestServer> NamedAsync(string name, Task? held = null) => TestServer.StartAsync(app =>
    {
        app.MapGet("/name", () => name);
        app.MapPost("/name", () => name);
        app.MapGet("/held", async () =>
        {
            await held!;
            return name;
        });
    });
}
