using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Hosting.Tests.Drain;

/// <summary>A6: the drain says what each phase did, and what was cut and why.</summary>
public sealed class DrainReportTests
{
    [Fact]
    public async Task Report_PhasesOfAllKinds_SaysWhatEachDid()
    {
        var time = new ManualTime();
        var entered = new TaskCompletionSource();
        await using var server = await StartAsync(
            services => services
                .AddDrainStep("clients", 1, 0.5, static (context, _) =>
                {
                    context.Report("12 WebSockets told to reconnect");
                    return Task.CompletedTask;
                })
                .AddDrainStep("slow", 2, TimeSpan.FromSeconds(3), (context, cancellationToken) =>
                {
                    context.Report("2 of 3 handed back");
                    entered.SetResult();
                    return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                })
                .AddDrainStep("bad", 3, 0.5, static (_, _) => throw new InvalidOperationException("x")),
            time);
        var state = server.Services.GetRequiredService<DrainState>();

        var stop = server.App.StopAsync(TestContext.Current.CancellationToken);
        await entered.Task.Within();
        Assert.Null(state.Report);
        time.Advance(TimeSpan.FromSeconds(3));
        await stop.Within();

        var report = state.Report!;
        Assert.Equal(
            [("clients", DrainOutcome.Done), ("slow", DrainOutcome.Cut), ("bad", DrainOutcome.Failed)], report.Phases.Select(static phase => (phase.Name, phase.Outcome)));
        Assert.Equal((1, TimeSpan.FromSeconds(10), 3.0), (report.Done, report.Window, Math.Round(report.Took.TotalSeconds, 3)));
        Assert.Equal(
            "clients: done after 0 s (12 WebSockets told to reconnect); slow: cut after 3 s (2 of 3 handed back); bad: failed after 0 s",
            server.Logs.Named("DrainEnded").Single().Properties["Report"]);
        Assert.Equal(
            [
                "  Drained in 3.0 of 10 s: 1 of 3 phases done.",
                "    clients  done    0.0 s",
                "             - 12 WebSockets told to reconnect",
                "    slow     cut     3.0 s",
                "             - 2 of 3 handed back",
                "    bad      failed  0.0 s",
                "",
            ],
            report.ToText().ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public async Task RequestsInFlight_OneEndsOneDoesNot_AreWaitedForAndNamed()
    {
        var time = new ManualTime();
        var gates = new Dictionary<string, TaskCompletionSource> { ["quick"] = new(), ["stuck"] = new() };
        var entered = new SemaphoreSlim(0);
        await using var server = await StartAsync(static services => services.AddRequestsInFlight(order: 1), time, app =>
        {
            app.MapGet("/work/{name}", async (string name) =>
            {
                entered.Release();
                await gates[name].Task;
                return name;
            });
            app.MapGet("/stream", async () =>
            {
                entered.Release();
                await gates["stuck"].Task;
            }).WithoutDrainWait();
        });
        var quick = server.Client.GetStringAsync(new Uri("/work/quick", UriKind.Relative), TestContext.Current.CancellationToken);
        var stuck = server.Client.GetStringAsync(new Uri("/work/stuck", UriKind.Relative), TestContext.Current.CancellationToken);
        var stream = server.Client.GetStringAsync(new Uri("/stream", UriKind.Relative), TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await entered.WaitAsync(Limits.Test, TestContext.Current.CancellationToken));
        }

        var stop = server.App.StopAsync(TestContext.Current.CancellationToken);
        await server.Logs.WaitFor("DrainStarted");
        gates["quick"].SetResult();
        Assert.Equal("quick", await quick.Within());
        await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(10));
        await server.Logs.WaitFor("DrainEnded");

        var phase = server.Services.GetRequiredService<DrainState>().Report!.Phases.Single();
        Assert.Equal(("requests in flight", DrainOutcome.Cut), (phase.Name, phase.Outcome));
        Assert.Equal("still running: GET /work/stuck for 10.0 s", phase.Notes[^1]);

        gates["stuck"].SetResult();
        await Task.WhenAll(stop, stuck, stream).Within();
    }

    [Fact]
    public async Task RequestsInFlight_SomeEnd_CountsThemAndNoNewcomer()
    {
        var time = new ManualTime();
        var requests = new RequestsInFlight(time);
        var (quick, _) = (requests.Enter("GET", "/quick"), requests.Enter("PUT", "/stuck"));
        var context = new DrainContext(new ServiceCollection().BuildServiceProvider(), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        using var cut = new CancellationTokenSource();

        var drain = requests.DrainAsync(context, cut.Token);
        requests.Leave(quick);
        requests.Enter("GET", "/newcomer");
        time.Advance(TimeSpan.FromSeconds(2));
        await cut.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain);
        Assert.Equal(["1 of 2 requests finished", "still running: PUT /stuck for 2.0 s"], context.Notes);
    }

    [Fact]
    public async Task RequestsInFlight_None_IsDoneAtOnce()
    {
        await using var server = await StartAsync(static services => services.AddRequestsInFlight(order: 1));

        await server.App.StopAsync(TestContext.Current.CancellationToken).Within();

        var phase = server.Services.GetRequiredService<DrainState>().Report!.Phases.Single();
        Assert.Equal(DrainOutcome.Done, phase.Outcome);
        Assert.Empty(phase.Notes);
    }

    private static Task<TestServer> StartAsync(Action<IServiceCollection> add, TimeProvider? time = null, Action<WebApplication>? map = null) => TestServer.StartAsync(
        app =>
        {
            app.UseRouting();
            if (app.Services.GetService<RequestsInFlight>() is not null)
            {
                app.UseRequestsInFlight();
            }

            map?.Invoke(app);
        },
        builder =>
        {
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            builder.Services.AddDrain(static options => options.Window = TimeSpan.FromSeconds(10));
            add(builder.Services);
        });
}
