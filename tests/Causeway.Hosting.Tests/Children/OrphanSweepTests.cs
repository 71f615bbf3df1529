using System.Diagnostics;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Causeway.Hosting.Tests.Children;

/// <summary>A5: what a crashed run left behind is found by proof only and ended; a process that merely has the number is not touched.</summary>
public sealed class OrphanSweepTests
{
    private static readonly string Id = new('a', 32);

    public OrphanSweepTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Identities are read from /proc.");

    /// <summary>A service that is gone: this process's number with another start.</summary>
    private static ProcessIdentity DeadOwner => ProcessIdentity.Own with { StartTicks = 1 };

    [Fact]
    public async Task Sweep_RecordedProcess_IsEndedAndTheRecordDeleted()
    {
        await using var house = new ChildHouse();
        using var orphan = Process.Start("/bin/sleep", "60")!;
        house.Journal.Write(Record(ProcessIdentity.Find(orphan.Id)));

        Assert.Equal(1, await house.Sweep.RunAsync(TestContext.Current.CancellationToken));

        await orphan.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        Assert.Equal(128 + Signals.Terminate, orphan.ExitCode);
        Assert.Empty(house.Records);
        var asked = await house.Logs.WaitFor("SurvivorAsked");
        Assert.Equal(orphan.Id, asked.Properties["ProcessId"]);
        Assert.Equal("/bin/sleep with 1 argument", asked.Properties["Command"]);
    }

    [Fact]
    public async Task Sweep_RecordsThatNobodyWrote_AreLeftAlone()
    {
        await using var house = new ChildHouse();
        house.Journal.Write(Record(null));
        Directory.CreateDirectory(house.JournalDirectory);
        var (holes, link) = (new string('b', 32), new string('c', 32));
        await File.WriteAllTextAsync(
            Path.Combine(house.JournalDirectory, $"{holes}.json"),
            $$"""{"id":"{{holes}}","name":null,"command":null,"owner":null,"started_at":"2026-01-01T00:00:00Z"}""",
            TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(house.JournalDirectory, $"{link}.json"), "/dev/zero");

        Assert.Equal(1, await house.Sweep.RunAsync(TestContext.Current.CancellationToken).Within());

        Assert.Equal(2, house.Records.Length);
        Assert.Equal(2, house.Logs.Named("JournalUnreadable").Count);
    }

    [Fact]
    public async Task Sweep_StartedButNeverRecorded_IsFoundByItsEnvironment()
    {
        await using var house = new ChildHouse();
        using var orphan = Process.Start(new ProcessStartInfo("/bin/sleep", ["60"]) { Environment = { ["CAUSEWAY_CHILD"] = Id } })!;
        house.Journal.Write(Record(null));

        await house.Sweep.RunAsync(TestContext.Current.CancellationToken);

        await orphan.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        Assert.Empty(house.Records);
    }

    [Fact]
    public async Task Sweep_IgnoresTheSignal_IsKilled()
    {
        await using var house = new ChildHouse();
        using var orphan = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
        {
            Environment = { ["CAUSEWAY_CHILD"] = Id },
            RedirectStandardOutput = true,
        })!;
        await orphan.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        house.Journal.Write(Record(ProcessIdentity.Find(orphan.Id)));

        await house.Sweep.RunAsync(TestContext.Current.CancellationToken);

        await orphan.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        Assert.Equal(128 + Signals.Kill, orphan.ExitCode);
        await house.Logs.WaitFor("SurvivorKilled");
    }

    [Theory]
    [InlineData("start")]
    [InlineData("boot")]
    [InlineData("mark")]
    public async Task Sweep_StrangerWhoseNumberIsRecorded_IsNeverSignalled(string difference)
    {
        await using var house = new ChildHouse();
        using var stranger = Process.Start(new ProcessStartInfo("/bin/sleep", ["60"]) { Environment = { ["CAUSEWAY_CHILD"] = difference == "mark" ? Id[1..] : "" } })!;
        try
        {
            var identity = ProcessIdentity.Find(stranger.Id)!;
            house.Journal.Write(difference switch
            {
                "start" => Record(identity with { StartTicks = identity.StartTicks - 1 }),
                "boot" => Record(identity with { BootId = "another" }) with { Owner = DeadOwner with { BootId = "another" } },
                _ => Record(null),
            });

            Assert.Equal(1, await house.Sweep.RunAsync(TestContext.Current.CancellationToken));

            Assert.False(stranger.HasExited);
            Assert.Empty(house.Records);
            Assert.Empty(house.Logs.Events);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task Sweep_OwnerStillRuns_ItsChildrenAreLeftAlone()
    {
        await using var house = new ChildHouse();
        var child = await house.StartAsync("exec sleep 60");

        Assert.Equal(0, await house.Sweep.RunAsync(TestContext.Current.CancellationToken));

        Assert.True(ChildHouse.Runs(child.ProcessId));
        Assert.Single(house.Records);
    }

    [Fact]
    public async Task Sweep_GroupOfAProvenLeader_IsEndedToo()
    {
        await using var house = new ChildHouse();
        using var leader = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", "env -i sleep 60 & echo $!; wait"]) { RedirectStandardOutput = true })!;
        var member = ChildHouse.Number((await leader.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        house.Journal.Write(Record(ProcessIdentity.Find(leader.Id)));

        await house.Sweep.RunAsync(TestContext.Current.CancellationToken);

        await Eventually.True(() => !ChildHouse.Runs(member) && !ChildHouse.Runs(leader.Id));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task Sweep_FileThatIsNoRecord_IsToldAndNothingIsDone(string content)
    {
        await using var house = new ChildHouse();
        Directory.CreateDirectory(house.JournalDirectory);
        File.WriteAllText(Path.Combine(house.JournalDirectory, Id + ".json"), content);

        Assert.Equal(0, await house.Sweep.RunAsync(TestContext.Current.CancellationToken));

        await house.Logs.WaitFor("JournalUnreadable");
    }

    [Fact]
    public async Task AddChildren_OrphanOfAnEarlierRun_IsGoneBeforeTheNextServiceStarts()
    {
        await using var house = new ChildHouse();
        using var orphan = Process.Start(new ProcessStartInfo("/bin/sleep", ["60"]) { Environment = { ["CAUSEWAY_CHILD"] = Id } })!;
        house.Journal.Write(Record(null));
        var wasGone = false;
        await using var server = await TestServer.StartAsync(static _ => { }, builder =>
        {
            builder.Services.AddChildren(house.Path);
            builder.Services.AddHostedService(_ => new Later(() => wasGone = !ChildHouse.Runs(orphan.Id)));
        });

        Assert.True(wasGone);
        Assert.NotNull(server.Services.GetRequiredService<ChildProcesses>());
    }

    private static ChildRecord Record(ProcessIdentity? child) => new()
    {
        Id = Id,
        Name = "test",
        Command = ["sleep", "60"],
        Owner = DeadOwner,
        StartedAt = TimeProvider.System.GetUtcNow(),
        Child = child,
    };

    private sealed class Later(Action starting) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            starting();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
