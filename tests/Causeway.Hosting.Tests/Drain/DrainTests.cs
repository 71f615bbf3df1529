using System.Collections.Concurrent;
using System.Net;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting.Tests.Drain;

public sealed class DrainTests
{
    [Fact]
    public async Task Stop_Steps_RunInOrderBeforeTheListenerCloses()
    {
        var order = new ConcurrentQueue<string>();
        TestServer? server = null;
        server = await StartAsync(services => services
            .AddDrainStep("second", 2, 0.5, (_, _) =>
            {
                order.Enqueue("second");
                return Task.CompletedTask;
            })
            .AddDrainStep("first", 1, TimeSpan.FromSeconds(5), async (context, cancellationToken) =>
            {
                var answer = await server!.Client.GetStringAsync(new Uri("/hello", UriKind.Relative), cancellationToken);
                order.Enqueue($"first: {answer}, draining {context.Services.GetRequiredService<DrainState>().IsDraining}");
            }));
        await using var _ = server;

        await server.App.StopAsync(TestContext.Current.CancellationToken).Within();

        Assert.Equal(["first: hello, draining True", "second"], order);
        Assert.Equal(["first", "second"], server.Logs.Named("DrainStepDone").Select(static e => e.Properties["Step"]));
        Assert.Equal((2, 2), (server.Logs.Named("DrainEnded").Single().Properties["Done"], server.Logs.Named("DrainEnded").Single().Properties["Steps"]));
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetStringAsync(new Uri("/hello", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task StopApplication_AtOnce_TurnsTheStateAndTheToken()
    {
        var release = new TaskCompletionSource();
        await using var server = await StartAsync(services => services.AddDrainStep("wait", 1, 1.0, (_, _) => release.Task));
        var state = server.Services.GetRequiredService<DrainState>();
        Assert.False(state.IsDraining);
        Assert.Null(state.Deadline);
        Assert.Equal(TimeSpan.FromSeconds(30), state.Remaining);

        // On this thread, before any step runs and before StopAsync is called.
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.True(state.IsDraining);
        Assert.True(state.Draining.IsCancellationRequested);
        Assert.InRange(state.Remaining, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.NotNull(state.Deadline);
        release.SetResult();
    }

    [Fact]
    public async Task Stop_RequestInFlight_Finishes()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(
            app => app.MapGet("/slow", async () =>
            {
                entered.SetResult();
                await release.Task;
                return "done";
            }),
            static builder => builder.Services.AddDrain());
        var request = server.Client.GetStringAsync(new Uri("/slow", UriKind.Relative), TestContext.Current.CancellationToken);
        await entered.Task.Within();

        var stop = server.App.StopAsync(TestContext.Current.CancellationToken);
        await server.Logs.WaitFor("DrainEnded");
        Assert.False(request.IsCompleted);
        release.SetResult();

        Assert.Equal("done", await request.Within());
        await stop.Within();
    }

    [Fact]
    public async Task Stop_StepOverItsBudget_IsCutAndTheNextRuns()
    {
        var time = new ManualTime();
        var obedient = new TaskCompletionSource();
        var deaf = new TaskCompletionSource();
        await using var server = await StartAsync(
            services => services
                .AddDrainStep("obedient", 1, 0.5, (_, cancellationToken) =>
                {
                    obedient.SetResult();
                    return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                })
                .AddDrainStep("deaf", 2, TimeSpan.FromSeconds(3), (_, _) =>
                {
                    deaf.SetResult();
                    return Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
                })
                .AddDrainStep("last", 3, 0.5, static (_, _) => Task.CompletedTask),
            time);

        var stop = server.App.StopAsync(TestContext.Current.CancellationToken);
        await obedient.Task.Within();
        time.Advance(TimeSpan.FromSeconds(5));
        await deaf.Task.Within();
        time.Advance(TimeSpan.FromSeconds(3));

        // What a step has to come back after it was told to end.
        await time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(250));
        await stop.Within();

        var cut = server.Logs.Named("DrainStepCut").ToDictionary(static e => (string)e.Properties["Step"]!, static e => (double)e.Properties["Seconds"]!);
        Assert.Equal(["deaf", "obedient"], cut.Keys.Order());
        Assert.Equal((5.0, 3.25), (cut["obedient"], cut["deaf"]));
        Assert.Equal("last", server.Logs.Named("DrainStepDone").Single().Properties["Step"]);
    }

    [Fact]
    public async Task Stop_StepThrows_IsLoggedAndTheNextRuns()
    {
        await using var server = await StartAsync(static services => services
            .AddDrainStep("bad", 1, 0.5, static (_, _) => throw new InvalidOperationException("broken"))
            .AddDrainStep("good", 2, 0.5, static (_, _) => Task.CompletedTask));

        await server.App.StopAsync(TestContext.Current.CancellationToken).Within();

        Assert.IsType<InvalidOperationException>(server.Logs.Named("DrainStepFailed").Single().Exception);
        Assert.Equal("good", server.Logs.Named("DrainStepDone").Single().Properties["Step"]);
    }

    [Fact]
    public async Task Stop_Twice_RunsTheStepsOnce()
    {
        var ran = 0;
        await using var server = await StartAsync(services => services.AddDrainStep("once", 1, 0.5, (_, _) => Task.FromResult(ran++)));

        await Task.WhenAll(server.App.StopAsync(TestContext.Current.CancellationToken), server.App.StopAsync(TestContext.Current.CancellationToken)).Within();
        await server.App.StopAsync(TestContext.Current.CancellationToken).Within();

        Assert.Equal(1, ran);
    }

    [Fact]
    public void BudgetOf_LateStep_GetsOnlyWhatIsLeft()
    {
        var share = new DrainStep("a", 1, 0.5, null, static (_, _) => Task.CompletedTask);
        var time = new DrainStep("b", 1, null, TimeSpan.FromSeconds(20), static (_, _) => Task.CompletedTask);
        var window = TimeSpan.FromSeconds(30);

        Assert.Equal(TimeSpan.FromSeconds(15), share.BudgetOf(window, window));
        Assert.Equal(TimeSpan.FromSeconds(4), share.BudgetOf(window, TimeSpan.FromSeconds(4)));
        Assert.Equal(TimeSpan.FromSeconds(20), time.BudgetOf(window, window));
        Assert.Equal(TimeSpan.Zero, time.BudgetOf(window, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void AddDrain_Window_GivesTheHostALittleMore(int seconds)
    {
        using var services = new ServiceCollection().AddLogging().AddDrain(options => options.Window = TimeSpan.FromSeconds(seconds)).BuildServiceProvider();

        Assert.Equal(TimeSpan.FromSeconds(seconds + 2), services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    [Fact]
    public void AddDrain_WindowOutOfRange_IsRefused()
    {
        using var services = new ServiceCollection().AddLogging().AddDrain(static options => options.Window = TimeSpan.FromSeconds(-1)).BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<DrainOptions>>().Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void AddDrainStep_ShareOutOfRange_IsACallersBug(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddDrainStep("x", 1, share, static (_, _) => Task.CompletedTask));

    private static Task<TestServer> StartAsync(Action<IServiceCollection> add, TimeProvider? time = null) => TestServer.StartAsync(
        static app => app.MapGet("/hello", static () => "hello"),
        builder =>
        {
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            builder.Services.AddDrain(options => options.Window = TimeSpan.FromSeconds(time is null ? 30 : 10));
            add(builder.Services);
        });
}
