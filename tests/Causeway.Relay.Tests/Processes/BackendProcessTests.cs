using System.Net;
using System.Net.Sockets;
using Causeway.Testing;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay.Tests.Processes;

/// <summary>B4: a backend's process is started once for all who wait, watched, started again, and stopped.</summary>
public sealed class BackendProcessTests
{
    [Fact]
    public async Task EnsureReady_FiftyAtOnce_ShareOneStart()
    {
        await using var home = ProcessHome.Create("delay=0.2");
        using var impatient = new CancellationTokenSource();
        var first = home.Process.EnsureReadyAsync(impatient.Token).AsTask();
        var others = Enumerable.Range(0, 50).Select(_ => home.ReadyAsync()).ToList();
        Assert.Equal(ProcessState.Starting, home.Process.Info.State);

        // The one who asked first goes; the start goes on for the others.
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.All(await Task.WhenAll(others), Assert.Null);
        Assert.Equal(1, home.Starts);
        Assert.Equal($"pid {home.Process.Info.ProcessId}", await home.GetAsync("/"));
        Assert.Null(await home.ReadyAsync());
        Assert.Equal(1, home.Process.Info.Starts);
    }

    [Fact]
    public async Task EnsureReady_HealthPath_WaitsUntilItIsWell()
    {
        await using var home = ProcessHome.Create(configure: static (options, home) =>
        {
            options.Health = new HealthOptions();
            options.Process!.Command.Add($"unwell={home["well"]}");
        });
        var ready = home.ReadyAsync();
        await Eventually.True(async () => await AnswersAsync(home));
        Assert.False(ready.IsCompleted);
        Assert.Equal(ProcessState.Starting, home.Process.Info.State);

        File.WriteAllText(home["well"], "");

        Assert.Null(await ready);
    }

    [Fact]
    public async Task EnsureReady_StrangerOnThePort_IsNotTakenForTheBackend()
    {
        await using var home = ProcessHome.Create();
        using var stranger = new TcpListener(IPAddress.Loopback, home.Port);
        stranger.Start();

        var failure = await home.ReadyAsync();

        Assert.Equal("port_held", failure!.Reason);
        Assert.Equal(0, home.Starts);
        var told = await home.Logs.WaitFor("BackendPortHeld");
        Assert.Contains($"something else listens on 127.0.0.1:{home.Port}", told.Message, StringComparison.Ordinal);
        Assert.Equal($"not started: something else listens on 127.0.0.1:{home.Port}", home.Process.Info.LastEnd);

        stranger.Stop();
        Assert.Null(await home.ReadyAsync());
    }

    [Fact]
    public async Task EnsureReady_EndsBeforeReady_FailsAllWhoWaitAndLogsItsLastLine()
    {
        await using var home = ProcessHome.Create("exit=7");

        var failures = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => home.ReadyAsync()));

        Assert.All(failures, static failure => Assert.Equal("exited", failure!.Reason));
        var error = failures[0]!.ToError("test");
        Assert.Equal(503, error.Code.Status);
        Assert.NotNull(error.RetryAfter);
        Assert.DoesNotContain("giving up", error.Message, StringComparison.Ordinal);
        var ended = await home.Logs.WaitFor("BackendEndedEarly");
        Assert.Equal("Backend test exited with code 7 before it was ready. Its last line: giving up", ended.Message);
        Assert.Equal(1, home.Starts);
    }

    [Fact]
    public async Task EnsureReady_NeverAnswers_FailsAfterItsTimeAndIsStopped()
    {
        await using var home = ProcessHome.Create("mute=yes", static (options, _) => options.Process!.ReadySeconds = 0.4);

        var failure = await home.ReadyAsync();

        Assert.Equal("not_ready", failure!.Reason);
        await home.BecomesAsync(ProcessState.Stopped);
        Assert.Null(home.Process.Info.ProcessId);
        Assert.Equal("ended by SIGTERM", home.Process.Info.LastEnd);
    }

    [Fact]
    public async Task EnsureReady_ProgramThatIsNone_SaysSoInTheLogOnly()
    {
        await using var home = ProcessHome.Create(configure: static (options, _) => options.Process!.Command[0] = "no-such-program");

        var failure = await home.ReadyAsync();

        Assert.Equal("start_failed", failure!.Reason);
        Assert.DoesNotContain("no-such-program", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'no-such-program' is in no directory of PATH.", (await home.Logs.WaitFor("BackendNotStarted")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnDemand_CrashedWhileReady_StartsAgainAtTheNextRequestOnly()
    {
        await using var home = ProcessHome.Create();
        await home.ReadyAsync();

        await home.EndAsync("/crash");

        await home.BecomesAsync(ProcessState.Stopped);
        Assert.Equal("exited with code 3", home.Process.Info.LastEnd);
        Assert.Equal(1, home.Process.Info.Failures);
        Assert.Equal(1, home.Starts);
        Assert.Null(await home.ReadyAsync());
        Assert.Equal(2, home.Starts);
    }

    [Fact]
    public async Task OnDemand_LeavesByItself_IsNoFailure()
    {
        await using var home = ProcessHome.Create();
        await home.ReadyAsync();

        await home.EndAsync("/leave");

        await home.BecomesAsync(ProcessState.Stopped);
        Assert.Equal(0, home.Process.Info.Failures);
        Assert.Null(await home.ReadyAsync());
        home.Logs.AssertQuiet(LogLevel.Error);
    }

    [Fact]
    public async Task EnsureReady_AskedByARequest_WhatIsLoggedIsNotThatRequests()
    {
        await using var home = ProcessHome.Create("say=hello");
        using (home.House.Logger.BeginScope("the request"))
        {
            await home.ReadyAsync();
        }

        Assert.Empty((await home.Logs.WaitFor("BackendReady")).Scopes);
        Assert.Empty((await home.Logs.WaitFor("BackendLine")).Scopes);
        Assert.Empty((await home.Logs.WaitFor("ChildStarted")).Scopes);
    }

    [Fact]
    public async Task Always_StartsWithTheServiceAndAgainWhenItEnds()
    {
        await using var home = ProcessHome.Create(configure: static (options, _) => options.Process!.Start = ProcessStart.Always);
        Assert.Equal(ProcessState.Stopped, home.Process.Info.State);

        home.House.Activate();
        await home.BecomesAsync(ProcessState.Ready);
        await home.EndAsync("/leave");

        await Eventually.True(() => home.Process.Info is { State: ProcessState.Ready, Starts: 2 });
        Assert.Equal(2, home.Starts);
    }

    [Fact]
    public async Task CrashLoop_IsRefusedAtOnceUntilAnOperatorStartsIt()
    {
        await using var home = ProcessHome.Create("exit=1", static (options, _) =>
        {
            options.Process!.Start = ProcessStart.Always;
            options.Process.Restart.MinSeconds = 0.01;
            options.Process.Restart.MaxSeconds = 300;
        });

        home.House.Activate();
        await home.BecomesAsync(ProcessState.CrashLooping);

        Assert.Equal(5, home.Starts);
        var failure = await home.ReadyAsync();
        Assert.Equal("crash_looping", failure!.Reason);
        Assert.InRange(failure.RetryAfter!.Value.TotalSeconds, 290, 300);
        Assert.NotNull(home.Process.Info.NextStartAt);
        await home.Logs.WaitFor("BackendCrashLoops");

        home.Process.Start();
        await Eventually.True(() => home.Starts > 5);
    }

    [Fact]
    public async Task IdleStop_StopsOnceNobodyUsesItAndStartsAgain()
    {
        var limit = TimeSpan.FromSeconds(60);
        var time = new ManualTime();
        await using var home = ProcessHome.Create(configure: static (options, _) => options.Process!.IdleStopSeconds = 60, time: time);
        var use = home.Process.Use();
        await home.ReadyAsync();
        var first = home.Process.Info.ProcessId;

        // In use: it looks again and again, and lets it run.
        await time.AdvanceWhenAsleep(limit);
        await time.AdvanceWhenAsleep(limit);
        Assert.Equal(ProcessState.Ready, home.Process.Info.State);

        use.Dispose();
        use.Dispose();
        await time.AdvanceWhenAsleep(limit);
        await home.BecomesAsync(ProcessState.Stopped);
        Assert.Equal(0, home.Process.Info.Failures);
        Assert.Null(await home.ReadyAsync());
        Assert.NotEqual(first, home.Process.Info.ProcessId);
    }

    [Fact]
    public async Task Operator_StopsStartsAndRestarts()
    {
        await using var home = ProcessHome.Create();
        await home.ReadyAsync();

        home.Process.Stop();
        Assert.Equal("stopped_by_operator", (await home.ReadyAsync())!.Reason);
        await home.BecomesAsync(ProcessState.Stopped);
        Assert.True(home.Process.Info.IsHeld);

        home.Process.Start();
        await home.BecomesAsync(ProcessState.Ready);
        Assert.False(home.Process.Info.IsHeld);
        var before = home.Process.Info.ProcessId;

        home.Process.Restart();
        Assert.Null(await home.ReadyAsync());
        Assert.NotEqual(before, home.Process.Info.ProcessId);
        Assert.Equal(3, home.Starts);
    }

    [Fact]
    public async Task Operator_StopsWhileRequestsWait_TheyAreToldAndItEnds()
    {
        await using var home = ProcessHome.Create("mute=yes");
        var waiting = home.ReadyAsync();
        await Eventually.True(() => home.Process.Info.ProcessId is not null);

        home.Process.Stop();

        Assert.Equal("stopped_by_operator", (await waiting)!.Reason);
        await home.BecomesAsync(ProcessState.Stopped);
        Assert.Null(home.Process.Info.ProcessId);
        Assert.Equal(0, home.Process.Info.Failures);
    }

    [Fact]
    public async Task Close_WaitsForThoseWhoUseIt_KillsWhenItsTimeIsOver()
    {
        await using var home = ProcessHome.Create("ignore=yes", static (options, _) => options.Process!.StopSeconds = 600);
        var use = home.Process.Use();
        await home.ReadyAsync();
        using var budget = new CancellationTokenSource();

        var closing = home.House.CloseAsync(budget.Token);
        Assert.Null(await home.ReadyAsync());
        use.Dispose();
        await home.BecomesAsync(ProcessState.Stopping);
        Assert.Equal("stopping", (await home.ReadyAsync())!.Reason);

        await budget.CancelAsync();
        await closing.Within();
        Assert.Equal("ended by SIGKILL", home.Process.Info.LastEnd);
    }

    [Fact]
    public async Task Reload_SuccessorWaitsUntilThePortIsFree()
    {
        await using var home = ProcessHome.Create("say=first");
        await home.ReadyAsync();
        var options = new BackendOptions { Process = new ProcessOptions() };
        options.Urls.Add($"http://127.0.0.1:{home.Port}");
        foreach (var part in home.Process.Info.Command)
        {
            options.Process.Command.Add(part.Replace("first", "second", StringComparison.Ordinal));
        }

        await using var successor = home.House.Create("test", options)!;

        Assert.Null(await successor.EnsureReadyAsync(CancellationToken.None).Within());
        Assert.Equal(ProcessState.Stopped, home.Process.Info.State);
        Assert.Equal(["first", "second"], successor.Output.ReadAfter(0, 100).Where(static line => line.Source == OutputSource.Output).Select(static line => line.Text));
    }

    private static async Task<bool> AnswersAsync(ProcessHome home)
    {
        try
        {
            return (await home.GetAsync("/")).StartsWith("pid", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
