using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Lifespan;

/// <summary>A2: steps in order up, in reverse order down; a required one that fails ends the start with one sentence, an optional one is tried again.</summary>
public sealed class LifespanTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly ConcurrentQueue<string> _did = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _error.Dispose();

    [Fact]
    public async Task Steps_StartInOrderBeforeTheListenersAndStopInReverseAfterThem()
    {
        await using (var server = await StartAsync(services => services
            .AddLifespanStep("second", 2, Deadline, Note("+second"), Note("-second"))
            .AddLifespanStep("first", 1, Deadline, Note("+first"), Note("-first"))
            .AddLifespanStep("silent", 3, Deadline, Note("+silent"))
            .AddDrain().AddDrainStep("drain", 1, 1, (_, _) => Note("drain")(null!, default))))
        {
            Assert.Equal(["+first", "+second", "+silent"], _did);
            Assert.Equal(["first", "second", "silent"], server.Logs.Named("LifespanStepStarted").Select(static e => e.Properties["Step"]));
        }

        Assert.Equal(["drain", "-second", "-first"], _did.Skip(3));
    }

    [Fact]
    public async Task RequiredStep_Fails_StopsWhatRanAndSaysOneSentence()
    {
        var logs = new LogProbe();
        var app = Build(logs, services => services
            .AddLifespanStep("cache", 1, Deadline, Note("+cache"), Note("-cache"))
            .AddLifespanStep("database", 2, Deadline, static (_, _) => throw new InvalidOperationException("no answer from the server."), Note("-database"))
            .AddLifespanStep("never", 3, Deadline, Note("+never")));

        var code = await ServiceRunner.RunAsync(app, _error).Within();

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal($"Start-up step database failed: no answer from the server.{Environment.NewLine}", _error.ToString());
        Assert.Equal(["+cache", "-cache"], _did);
        Assert.All(logs.Events.Where(static e => e.Level >= LogLevel.Information && !e.Category.StartsWith("Microsoft.", StringComparison.Ordinal)), static e => Assert.Null(e.Exception));
        Assert.Empty(logs.Named("ServiceFailed"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequiredStep_Overdue_StopsTheStart(bool listens)
    {
        var app = Build(new LogProbe(), services => services.AddLifespanStep(
            "slow", 1, TimeSpan.FromMilliseconds(50), (_, cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, listens ? cancellationToken : CancellationToken.None)));

        Assert.Equal(ExitCode.Failed, await ServiceRunner.RunAsync(app, _error).Within());
        Assert.Equal($"Start-up step slow did not end within 0.05 s.{Environment.NewLine}", _error.ToString());
    }

    [Fact]
    public async Task OptionalStep_Fails_DegradesReadinessAndIsTriedAgain()
    {
        var time = new ManualTime();
        var works = false;
        await using (var server = await StartAsync(
            services => services.AddLifespanStep(
                "search index",
                1,
                Deadline,
                (provider, cancellationToken) => Volatile.Read(ref works) ? Note("+index")(provider, cancellationToken) : throw new InvalidOperationException("not there"),
                Note("-index"),
                required: false),
            time))
        {
            var ready = await server.Client.GetStringAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal("""{"status":"degraded","checks":[{"name":"search index","status":"degraded","detail":"not started yet; it is tried again"}]}""", ready);

            await Eventually.True(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return server.Logs.Named("LifespanStepStillMissing").Count > 0;
            });
            Volatile.Write(ref works, true);
            await Eventually.True(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return server.Logs.Named("LifespanStepStarted").Count == 1;
            });
            await Eventually.Equal(
                """{"status":"ready","checks":[]}""",
                () => server.Client.GetStringAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken));
        }

        Assert.Equal(["+index", "-index"], _did);
    }

    [Fact]
    public async Task Start_FailsElsewhere_TakesTheStepsDown()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var app = Build(new LogProbe(), services => services.AddLifespanStep("up", 1, Deadline, Note("+up"), Note("-up")));
        app.Urls.Add($"http://127.0.0.1:{((IPEndPoint)holder.LocalEndpoint).Port}");

        Assert.Equal(ExitCode.PortHeld, await ServiceRunner.RunAsync(app, _error).Within());
        Assert.Equal(["+up", "-up"], _did);
    }

    [Fact]
    public async Task Stop_StepThrowsOrHangs_TheOthersAreStopped()
    {
        await using (await StartAsync(services => services
            .AddLifespanStep("last", 1, Deadline, Note("+last"), Note("-last"))
            .AddLifespanStep("hangs", 2, TimeSpan.FromMilliseconds(50), Note("+hangs"), static (_, _) => Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None))
            .AddLifespanStep("throws", 3, Deadline, Note("+throws"), static (_, _) => throw new InvalidOperationException("x"))))
        {
        }

        Assert.Equal(["+last", "+hangs", "+throws", "-last"], _did);
    }

    private static WebApplication Build(LogProbe logs, Action<IServiceCollection> add)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(logs);
        add(builder.Services);
        return builder.Build();
    }

    private static Task<TestServer> StartAsync(Action<IServiceCollection> add, TimeProvider? time = null) => TestServer.StartAsync(
        static app => app.MapHealth(),
        builder =>
        {
            builder.Services.AddSingleton(time ?? TimeProvider.System);
            add(builder.Services);
            builder.Services.AddReadiness();
        });

    private Func<IServiceProvider, CancellationToken, Task> Note(string what) => (_, _) =>
    {
        _did.Enqueue(what);
        return Task.CompletedTask;
    };
}
