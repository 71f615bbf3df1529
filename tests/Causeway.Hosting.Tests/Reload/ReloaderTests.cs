using Causeway.Hosting.Tests.Configuration;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Reload;

public sealed class ReloaderTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Reload_ChangedFile_RunsTheHooksInOrderWithTheirKeysAndNamesTheRest()
    {
        var ran = new List<string>();
        await using var server = await StartAsync("""{"App":{"Directory":"a","Key":"one","Pin":1}}""", services => services
            .AddReload("second", 2, ["App:Rooms"], (context, _) => Note(ran, "second", context, "nothing to do", report: false))
            .AddReload("first", 1, ["App:Directory", "App:Key"], (context, _) => Note(ran, "first", context, "moved", report: true)));

        _workspace.Write("causeway.json", """{"App":{"Directory":"b","Key":"two","Pin":2,"DrainSeconds":30}}""");
        var report = await ReloadAsync(server);

        Assert.Equal(["first: App:Directory App:Key", "second: "], ran);
        Assert.Equal(["first: moved"], report.Changes);

        // A default said outright is no change; a secret is compared without being shown.
        Assert.Equal(["App:Pin"], report.NeedRestart);
        Assert.True(report.Succeeded);
        Assert.Equal("App:Pin", server.Logs.Named("ReloadNeedsRestart").Single().Properties["Keys"]);

        // Now the hooks' keys are in force; the other still waits for a restart.
        ran.Clear();
        var again = await ReloadAsync(server);
        Assert.Equal(["first: ", "second: "], ran);
        Assert.Equal(["App:Pin"], again.NeedRestart);
    }

    [Fact]
    public async Task Reload_AnythingWrong_TellsAllOfItAndRunsNoHook()
    {
        var ran = 0;
        await using var server = await StartAsync("{}", services => services.AddReload("hook", 1, ["App"], (_, _) => Task.FromResult(ran++)));

        _workspace.Write("causeway.json", """{"App":{"DrainSeconds":-1,"Docs":"perhaps"}}""");
        var report = await ReloadAsync(server);

        Assert.Equal(0, ran);
        Assert.Equal(2, report.Problems.Count);
        Assert.Contains(report.Problems, static problem => problem.StartsWith("App:DrainSeconds", StringComparison.Ordinal));
        Assert.Contains(report.Problems, static problem => problem.StartsWith("App:Docs", StringComparison.Ordinal));
        Assert.Equal(2, server.Logs.Named("ReloadRefused").Count);

        _workspace.Write("causeway.json", """{"App":{"DrainSeconds":5}}""");
        Assert.True((await ReloadAsync(server)).Succeeded);
        Assert.Equal(1, ran);
    }

    [Fact]
    public async Task Reload_HookThrows_TheOthersRunAndNothingOfItsTextLeaks()
    {
        var ran = 0;
        await using var server = await StartAsync("{}", services => services
            .AddReload("broken", 1, [], static (_, _) => throw new InvalidOperationException("inner"))
            .AddReload("refusing", 2, [], static (_, _) => throw new ConfigurationException([new("Tls:Path", "is not there")]))
            .AddReload("good", 3, [], (_, _) => Task.FromResult(ran++)));

        var report = await ReloadAsync(server);

        Assert.Equal(1, ran);
        Assert.Equal(
            ["broken stays as it was: it could not be reloaded; the log says why", "refusing stays as it was: Tls:Path is not there"],
            report.Problems);
        Assert.Equal("inner", server.Logs.Named("ReloadHookFailed").Single().Exception!.Message);
    }

    [Fact]
    public async Task Reload_Observer_HearsTheValuesWithoutSecretsAndHarmsNobody()
    {
        var heard = new List<ReloadReport>();
        await using var server = await StartAsync("""{"App":{"Directory":"a","Key":"one"}}""", services => services
            .AddReload("hook", 1, ["App"], (_, _) => Task.CompletedTask)
            .AddReloadObserver((_, _, _) => throw new InvalidOperationException("on purpose"))
            .AddReloadObserver((_, report, _) =>
            {
                heard.Add(report);
                return Task.CompletedTask;
            }));

        _workspace.Write("causeway.json", """{"App":{"Directory":"b","Key":"two"}}""");
        Assert.True((await ReloadAsync(server)).Succeeded);
        _workspace.Write("causeway.json", """{"App":{"Docs":"perhaps"}}""");
        Assert.False((await ReloadAsync(server)).Succeeded);

        Assert.Equal(
            [new ConfigurationChange("App:Directory", "a", "b"), new ConfigurationChange("App:Key", ConfigurationView.Mask, ConfigurationView.Mask)], heard[0].Values);
        Assert.Empty(heard[1].Values);
        Assert.NotEmpty(heard[1].Problems);
        Assert.Equal(2, server.Logs.Named("ReloadObserverFailed").Count);
    }

    [Fact]
    public async Task Reload_WhileOneRuns_WaitsForIt()
    {
        var entered = new SemaphoreSlim(0);
        var release = new SemaphoreSlim(0);
        int running = 0, most = 0;
        await using var server = await StartAsync("{}", services => services.AddReload("slow", 1, [], async (_, cancellationToken) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            entered.Release();
            await release.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref running);
        }));

        var first = ReloadAsync(server);
        Assert.True(await entered.WaitAsync(Limits.Test, TestContext.Current.CancellationToken));
        var second = ReloadAsync(server);
        release.Release(2);
        await Task.WhenAll(first, second);

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Signal_InBursts_ReloadsOnceForEachAndNeverWaitsForEver()
    {
        var time = new ManualTime();
        await using var server = await StartAsync("{}", services => services.AddSingleton<TimeProvider>(time).AddReload("hook", 1, [], static (_, _) => Task.CompletedTask));
        var (signal, reloader) = (server.Services.GetServices<IHostedService>().OfType<ReloadSignal>().Single(), server.Services.GetRequiredService<Reloader>());
        var asleep = time.ArmedTimers;
        var begun = time.GetTimestamp();

        signal.Take();
        await Eventually.True(() => time.ArmedTimers > asleep);
        signal.Take();
        signal.Take();
        Assert.False(reloader.HasBegunSince(begun));
        time.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.True(() => time.ArmedTimers > asleep);
        Assert.False(reloader.HasBegunSince(begun));
        time.Advance(TimeSpan.FromMilliseconds(100));
        await server.Logs.WaitFor("ReloadEnded");
        Assert.True(reloader.HasBegunSince(begun));

        // One signal after the other without a pause: a second is as long as the first of them waits.
        var second = time.GetTimestamp();
        var rounds = 0;
        for (; !reloader.HasBegunSince(second) && rounds < 20; rounds++)
        {
            signal.Take();
            await Eventually.True(() => time.ArmedTimers > asleep || reloader.HasBegunSince(second));
            signal.Take();
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Eventually.True(() => time.ArmedTimers > asleep || reloader.HasBegunSince(second));
        }

        Assert.InRange(rounds, 5, 11);
        Assert.Equal(2, server.Logs.Named("ReloadStarted").Count);
    }

    [Theory]
    [InlineData("App", "App:Key", true)]
    [InlineData("App:Rooms", "app:rooms:a:History", true)]
    [InlineData("App:Room", "App:Rooms:a", false)]
    [InlineData("App:Key", "App", false)]
    public void Owns_Key_IsTheHooksOwnOrBelow(string own, string key, bool expected) =>
        Assert.Equal(expected, new ReloadHook("x", 1, [own], static (_, _) => Task.CompletedTask).Owns(key));

    private static Task Note(List<string> ran, string name, ReloadContext context, string what, bool report)
    {
        ran.Add($"{name}: {string.Join(' ', context.ChangedKeys)}");
        if (report && context.ChangedKeys.Count > 0)
        {
            context.Report(what);
        }

        return Task.CompletedTask;
    }

    private static Task<ReloadReport> ReloadAsync(TestServer server) => server.Services.GetRequiredService<Reloader>().ReloadAsync().Within();

    private Task<TestServer> StartAsync(string file, Action<IServiceCollection> add)
    {
        _workspace.Write("causeway.json", file);
        return TestServer.StartAsync(
            static app => app.MapGet("/", static () => ""),
            builder =>
            {
                builder.Services.AddSingleton(Read());
                builder.Services.AddReloadSource(_ => Read());
                add(builder.Services);
            });
    }

    private CausewayConfiguration Read()
    {
        var configuration = _workspace.Load();
        configuration.Bind<SampleOptions>("App");
        configuration.ThrowIfInvalid();
        return configuration;
    }
}
