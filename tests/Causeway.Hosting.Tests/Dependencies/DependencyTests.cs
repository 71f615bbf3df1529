using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Hosting.Tests.Dependencies;

/// <summary>A7: what is down is said by /ready and never takes the rest down.</summary>
public sealed class DependencyTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Probe_FailsAndComesBack_GoesThroughTheStatesWithoutARestart()
    {
        var works = true;
        var asked = new SemaphoreSlim(0);
        await using var server = await StartAsync(services => services.AddDependency("replica", (_, _) =>
        {
            asked.Release();
            return works ? ValueTask.CompletedTask : throw new InvalidOperationException("secret address");
        },
        static options => options.Timeout = TimeSpan.FromMinutes(5)));
        var replica = Find(server, "replica");
        await server.Logs.WaitFor("DependencyAvailable");
        var seen = new ConcurrentQueue<DependencyState>();
        replica.Changed += (_, change) => seen.Enqueue(change.After);

        works = false;
        await AskAsync();
        await Eventually.Equal(DependencyState.Degraded, () => replica.State);
        for (var failure = 2; failure <= 3; failure++)
        {
            await AskAsync();
        }

        await server.Logs.WaitFor("DependencyUnavailable");
        Assert.False(replica.IsAvailable);
        var (status, body) = await ReadyAsync(server);
        Assert.Equal((HttpStatusCode.OK, "degraded"), (status, body.GetProperty("status").GetString()));
        Assert.Contains("the probe failed; the log says why", body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret address", body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("secret address", server.Logs.Named("DependencyUnavailable").Single().Exception!.Message);

        works = true;
        var back = replica.WaitAvailableAsync(TestContext.Current.CancellationToken);
        Assert.False(back.IsCompleted);
        await AskAsync();
        await back.Within();
        await Eventually.Equal(3, () => seen.Count);
        Assert.Equal([DependencyState.Degraded, DependencyState.Unavailable, DependencyState.Available], seen);
        Assert.Equal("ready", (await ReadyAsync(server)).Body.GetProperty("status").GetString());

        Task AskAsync()
        {
            var before = asked.CurrentCount;
            return PassTimeUntil(() => asked.CurrentCount > before);
        }
    }

    [Theory]
    [InlineData(false, HttpStatusCode.OK, "degraded")]
    [InlineData(true, HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task Probe_NeverReturns_ReadyAnswersWithinASecond(bool required, HttpStatusCode expected, string word)
    {
        using var release = new ManualResetEventSlim();
        await using var server = await StartAsync(
            services => services.AddDependency(
                "hanging",
                (_, _) =>
                {
                    release.Wait(CancellationToken.None);
                    return ValueTask.CompletedTask;
                },
                options => (options.Required, options.Timeout) = (required, TimeSpan.FromMilliseconds(50))),
            TimeProvider.System);

        // The probe hangs all the while, so one answer in time is proof; on a busy machine it need not be the first.
        var (status, body) = await ReadyAsync(server);
        await Eventually.True(async () =>
        {
            var watch = Stopwatch.StartNew();
            (status, body) = await ReadyAsync(server);
            return watch.Elapsed < TimeSpan.FromSeconds(1);
        });
        Assert.Equal((expected, word), (status, body.GetProperty("status").GetString()));

        await Eventually.True(() => Find(server, "hanging").Detail == "no answer within 0.05 s");
        Assert.Equal(expected, (await ReadyAsync(server)).Status);
        release.Set();
        await Eventually.Equal(DependencyState.Available, () => Find(server, "hanging").State);
    }

    [Fact]
    public async Task Probe_NeverReturns_OnlyAFewAreLeftBehind()
    {
        var started = 0;
        var never = new TaskCompletionSource();
        await using var server = await StartAsync(services => services.AddDependency("deaf", async (_, _) =>
        {
            Interlocked.Increment(ref started);
            await never.Task;
        }));

        // All places are taken: nothing sleeps, nothing starts, until one comes back.
        await PassTimeUntil(() => Volatile.Read(ref started) == 3 && _time.ArmedTimers == 0);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, started);
        Assert.Equal((DependencyState.Unavailable, "no answer within 5 s"), (Find(server, "deaf").State, Find(server, "deaf").Detail));
        never.SetResult();
        await Eventually.True(() => started > 3);
        await Eventually.Equal(DependencyState.Available, () => Find(server, "deaf").State);
    }

    [Fact]
    public async Task Start_DependencyDown_DoesNotWaitForIt()
    {
        var never = new TaskCompletionSource();
        await using var server = await StartAsync(services => services.AddDependency("down", async (_, _) => await never.Task));

        Assert.Equal(DependencyState.Degraded, Find(server, "down").State);
        Assert.Contains("not checked yet", (await ReadyAsync(server)).Body.GetRawText(), StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task Report_FromOutside_CountsAtOnceAndIsShownInTheMetrics()
    {
        await using var server = await StartAsync(static services => services.AddPrometheus(static options => options.Meters.Add("Causeway.*")));
        var all = server.Services.GetRequiredService<Hosting.Dependencies>();
        var backend = all.Add("backend a", probe: null, new DependencyOptions { Required = true });
        Assert.Equal(DependencyState.Available, backend.State);

        backend.Report(DependencyState.Unavailable, "refuses connections");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "refuses connections"), await DetailAsync());
        Assert.Contains("causeway_dependency_up{dependency=\"backend a\"} 0", await MetricsAsync(), StringComparison.Ordinal);
        backend.Report(DependencyState.Degraded, "one of two answers");
        Assert.Equal((HttpStatusCode.OK, "one of two answers"), await DetailAsync());
        Assert.Contains("causeway_dependency_up{dependency=\"backend a\"} 1", await MetricsAsync(), StringComparison.Ordinal);

        await backend.DisposeAsync();
        Assert.Null(all.Find("backend a"));
        Assert.Equal("ready", (await ReadyAsync(server)).Body.GetProperty("status").GetString());
        Assert.DoesNotContain("backend a", await MetricsAsync(), StringComparison.Ordinal);

        async Task<(HttpStatusCode, string?)> DetailAsync()
        {
            var (status, body) = await ReadyAsync(server);
            return (status, body.GetProperty("checks")[0].GetProperty("detail").GetString());
        }

        Task<string> MetricsAsync() => server.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Handler_Throws_IsLoggedAndTheStateStands()
    {
        await using var server = await StartAsync(static _ => { });
        var dependency = server.Services.GetRequiredService<Hosting.Dependencies>().Add("x", null);
        dependency.Changed += static (_, _) => throw new InvalidOperationException("handler");

        dependency.Report(DependencyState.Unavailable);

        Assert.Equal(DependencyState.Unavailable, dependency.State);
        Assert.Equal("handler", server.Logs.Named("DependencyHandlerFailed").Single().Exception!.Message);
    }

    [Fact]
    public async Task Add_NameTwiceOrOptionOutOfRange_IsACallersBug()
    {
        await using var server = await StartAsync(static _ => { });
        var all = server.Services.GetRequiredService<Hosting.Dependencies>();
        all.Add("one", null);

        Assert.Throws<ArgumentException>(() => all.Add("one", null));
        Assert.Throws<ArgumentException>(() => all.Add("two", null, new DependencyOptions { FailuresToUnavailable = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Find("one")!.Report(default));
    }

    private Task PassTimeUntil(Func<bool> condition) => Eventually.True(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    private static Dependency Find(TestServer server, string name) => server.Services.GetRequiredService<Hosting.Dependencies>().Find(name)!;

    private static async Task<(HttpStatusCode Status, JsonElement Body)> ReadyAsync(TestServer server)
    {
        using var response = await server.Client.GetAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    private Task<TestServer> StartAsync(Action<IServiceCollection> add, TimeProvider? time = null) => TestServer.StartAsync(
        static app =>
        {
            app.MapHealth();
            if (app.Services.GetService<PrometheusExporter>() is not null)
            {
                app.MapPrometheus("/metrics");
            }
        },
        builder =>
        {
            builder.Services.AddSingleton(time ?? _time);
            builder.Services.AddDependencies();
            add(builder.Services);
        });
}
