using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A2, A3, A4: a service made with the library, as a process: its exit codes, its output, its sign of life.</summary>
public sealed class ServiceTests
{
    [Fact]
    public async Task CriticalLoop_DiesForGood_DrainsAndExitsWithOne()
    {
        await using var service = Start("failing-loop");

        Assert.Equal(1, await service.ExitAsync());

        Assert.Contains("running", service.Output);
        Assert.Contains(service.Lines, static line => line.Contains("critical loop vital failed 3 times in a row", StringComparison.Ordinal));
        Assert.Contains(service.Lines, static line => line.Contains("hand back: done", StringComparison.Ordinal) && line.Contains("3 jobs handed back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RequiredStep_Fails_ExitsWithOneAndOneSentence()
    {
        await using var service = Start("failing-step");

        Assert.Equal(1, await service.ExitAsync());

        Assert.Contains("Start-up step database failed: no answer from the server.", service.Lines);
        Assert.Equal(["cache up", "cache down"], service.Output.Where(static line => line.StartsWith("cache", StringComparison.Ordinal)));
        Assert.DoesNotContain("running", service.Output);
        Assert.DoesNotContain("   at ", service.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CriticalLoop_Hangs_TheWatchdogGetsNoMoreSigns()
    {
        Needs.Linux();
        using var manager = new NotifySocket($"@causeway-{Guid.NewGuid():N}");
        await using var service = Start("hanging-loop", new() { ["NOTIFY_SOCKET"] = manager.Name, ["WATCHDOG_USEC"] = "300000" });

        await manager.HearsAsync("WATCHDOG=1");
        await service.LineAsync(static line => line.Contains("gets no sign of life: a critical loop hangs", StringComparison.Ordinal), "the refusal");

        await service.LineAsync(static line => line.Contains("Loop vital did not come back after it was cancelled and is left behind", StringComparison.Ordinal), "the one left behind");
        await service.LineAsync(static line => line.Contains("Loop vital runs again while 1 earlier iterations may still be at work", StringComparison.Ordinal), "the one beside it");
        await NoMoreSignsAsync(service, manager);
        service.Process.Send(Signal.Terminate);
        Assert.Equal(0, await service.ExitAsync());
    }

    [Fact]
    public async Task ThreadPool_Starved_TheWatchdogGetsNoMoreSigns()
    {
        Needs.Linux();
        using var manager = new NotifySocket($"@causeway-{Guid.NewGuid():N}");
        await using var service = Start("starving-pool", new() { ["NOTIFY_SOCKET"] = manager.Name, ["WATCHDOG_USEC"] = "300000" });
        await manager.HearsAsync("WATCHDOG=1", count: 2);

        await service.SayAsync("starve");

        await service.LineAsync(static line => line.Contains("gets no sign of life: the thread pool takes no work", StringComparison.Ordinal), "the refusal");
        await NoMoreSignsAsync(service, manager);
    }

    /// <summary>Signs that were given before a refusal may still be on their way when it is printed; not so three refusals later.</summary>
    private static async Task NoMoreSignsAsync(ChildProcess service, NotifySocket manager)
    {
        await Refusals(3);
        var signs = Signs();
        await Refusals(6);
        Assert.Equal(signs, Signs());

        Task Refusals(int count) => Eventually.True(() => service.Lines.Count(static line => line.Contains("no sign of life", StringComparison.Ordinal)) >= count);

        int Signs() => manager.Messages.Count(static message => message == "WATCHDOG=1");
    }

    private static ChildProcess Start(string mode, Dictionary<string, string?>? environment = null) => ChildProcess.Start(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "Causeway.Testing.Service.dll"), mode], environment: environment);
}
