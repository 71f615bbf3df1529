using System.Diagnostics;
using System.Globalization;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A4: systemd hears when the service is ready, that it lives, that it reloads and that it stops.</summary>
public sealed class ServiceManagerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Notify_WholeLife_IsTold(bool isAbstract)
    {
        Needs.Linux();
        using var directory = new TempDirectory();
        using var manager = new NotifySocket(isAbstract ? $"@causeway-{Guid.NewGuid():N}" : Path.Combine(directory.Path, "notify"));
        await using var causeway = CausewayProcess.Create("""{ "Server": { "DrainSeconds": 3 } }""");
        causeway.Environment["NOTIFY_SOCKET"] = manager.Name;
        causeway.Environment["WATCHDOG_USEC"] = "600000";

        await causeway.StartAgainAsync();
        await manager.HearsAsync("READY=1");
        await manager.HearsAsync("WATCHDOG=1", count: 4);

        var before = (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency));
        causeway.Process.Process.Send(Signal.Hangup);
        var reloading = await manager.HearsAsync("RELOADING=1");
        var monotonic = long.Parse(reloading.Split('\n').Single(static line => line.StartsWith("MONOTONIC_USEC=", StringComparison.Ordinal))[15..], CultureInfo.InvariantCulture);
        Assert.InRange(monotonic, before, before + 60_000_000);
        await manager.HearsAsync("READY=1", count: 2);

        Assert.Equal(0, await causeway.StopAsync());
        var stopping = await manager.HearsAsync("STOPPING=1");
        var extended = stopping.Split('\n').Single(static line => line.StartsWith("EXTEND_TIMEOUT_USEC=", StringComparison.Ordinal));
        Assert.InRange(long.Parse(extended[20..], CultureInfo.InvariantCulture), 5_000_000, 60_000_000);
        Assert.True(IndexOf("READY=1") < IndexOf("RELOADING=1") && IndexOf("RELOADING=1") < IndexOf("STOPPING=1"));

        int IndexOf(string word) => manager.Messages.ToList().FindIndex(message => message.StartsWith(word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/nowhere/notify", "could not be told READY=1")]
    [InlineData("/nowhere/with/a/name/that/no/socket/can/have/since/it/is/longer/than/the/hundred/and/seven/bytes/the/kernel/keeps/for/it", "the service manager is told nothing")]
    public async Task Notify_NobodyListens_StartsAllTheSame(string socket, string warning)
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        causeway.Environment["NOTIFY_SOCKET"] = socket;

        await causeway.StartAgainAsync();

        await causeway.Process.LineAsync(line => line.Contains(warning, StringComparison.Ordinal), "the warning");
        Assert.Equal(0, await causeway.StopAsync());
    }

    [Fact]
    public async Task Watchdog_MeantForAnotherProcess_GetsNoSignOfLife()
    {
        Needs.Linux();
        using var manager = new NotifySocket($"@causeway-{Guid.NewGuid():N}");
        await using var causeway = CausewayProcess.Create();
        causeway.Environment["NOTIFY_SOCKET"] = manager.Name;
        causeway.Environment["WATCHDOG_USEC"] = "300000";
        causeway.Environment["WATCHDOG_PID"] = "1";

        // Meant for another process: no signs from this one.
        await causeway.StartAgainAsync();
        await manager.HearsAsync("READY=1");
        Assert.Equal(0, await causeway.StopAsync());
        Assert.DoesNotContain("WATCHDOG=1", manager.Messages);
    }
}
