using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Children;

/// <summary>A5: children have a group of their own, know only what they should, and leave nobody behind.</summary>
public sealed class ChildProcessesTests
{
    public ChildProcessesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Sessions, groups and /proc are Linux.");

    [Fact]
    public async Task Start_Child_KeepsItsIdThroughTheChainAndLeadsItsOwnSession()
    {
        await using var house = new ChildHouse();

        var child = await house.StartAsync("echo $$; exec sleep 60");

        Assert.Equal(child.ProcessId, ChildHouse.Number(await ChildHouse.LineAsync(child)));
        await Eventually.True(() => ProcessTable.Command(child.ProcessId) == "sleep 60");
        var stat = ProcessTable.Stat(child.ProcessId)!.Value;
        Assert.Equal(Environment.ProcessId, stat.ParentId);
        Assert.Equal(child.ProcessId, stat.GroupId);
        Assert.Equal(child.ProcessId, stat.SessionId);
        Assert.Equal(child.Id, ProcessTable.Variable(child.ProcessId, "CAUSEWAY_CHILD"));
        Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{child.ProcessId}/fd/0", returnFinalTarget: false)!.FullName);
    }

    [Fact]
    public async Task Start_Journal_IsWrittenBeforeAndGoneAfter()
    {
        await using var house = new ChildHouse();

        var child = await house.StartAsync("ls \"$JOURNAL\"; exec sleep 60", environment: ("JOURNAL", house.JournalDirectory));

        Assert.Equal(child.Id + ".json", await ChildHouse.LineAsync(child));
        var record = Assert.Single(house.Journal.Read(static (_, exception) => throw exception));
        Assert.Equal(ProcessIdentity.Own, record.Owner);
        Assert.Equal(ProcessIdentity.Find(child.ProcessId), record.Child);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(Assert.Single(house.Records)).UnixFileMode);

        await child.StopAsync(Limits.Test, TestContext.Current.CancellationToken);
        Assert.Empty(house.Records);
        Assert.Empty(house.Children.Running);
    }

    [Fact]
    public async Task Start_Environment_HasNothingThatIsTheServicesOwn()
    {
        var secrets = new[] { "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CAUSEWAY__Auth__SigningKeys__0__Key" };
        await using var house = new ChildHouse();
        foreach (var name in secrets)
        {
            Environment.SetEnvironmentVariable(name, "for the service alone");
        }

        try
        {
            var child = await house.StartAsync("echo \"$(env | grep -c 'for the service alone') $GREETING $HOME\"", environment: ("GREETING", "hello"));
            Assert.Equal($"0 hello {Environment.GetEnvironmentVariable("HOME")}", await ChildHouse.LineAsync(child));
        }
        finally
        {
            foreach (var name in secrets)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }

    [Fact]
    public async Task Start_FromShortLivedThreads_ChildrenLiveOn()
    {
        await using var house = new ChildHouse();
        Task<ChildProcess>? starting = null;
        var thread = new Thread(() => starting = house.StartAsync("exec sleep 60"));
        thread.Start();
        thread.Join();
        var child = await starting!.Within();

        // The kernel kills with the thread that started, so the next start is proof that a thread came and went.
        await (await house.StartAsync("exit 0")).Exited.Within();
        Assert.True(ChildHouse.Runs(child.ProcessId));
    }

    [Theory]
    [InlineData("no-such-program-here", "'no-such-program-here' is in no directory of PATH.")]
    [InlineData("./missing", "'./missing' is no file in ")]
    [InlineData("./plain.txt", "'./plain.txt' may not be executed")]
    public async Task Start_ProgramThatCantBeExecuted_SaysSoByItsConfiguredName(string program, string message)
    {
        await using var house = new ChildHouse();
        File.WriteAllText(Path.Combine(house.Path, "plain.txt"), "text");

        var failure = await Assert.ThrowsAsync<ChildStartException>(() =>
            house.Children.StartAsync(new ChildStart { Name = "test", Command = [program], WorkingDirectory = house.Path }, TestContext.Current.CancellationToken));

        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
        Assert.Empty(house.Records);
    }

    [Fact]
    public async Task Start_DirectoryOrUserThatIsNone_SaysSo()
    {
        await using var house = new ChildHouse();
        var start = new ChildStart { Name = "test", Command = ["true"] };

        var directory = await Assert.ThrowsAsync<ChildStartException>(() =>
            house.Children.StartAsync(start with { WorkingDirectory = "/no/such/directory" }, TestContext.Current.CancellationToken));
        var user = await Assert.ThrowsAsync<ChildStartException>(() =>
            house.Children.StartAsync(start with { User = "no-such-user" }, TestContext.Current.CancellationToken));

        Assert.Equal("The working directory '/no/such/directory' does not exist.", directory.Message);
        Assert.Equal("There is no user 'no-such-user' on this machine.", user.Message);
    }

    [Fact]
    public async Task Start_AsAnotherUser_IsThatUserAndStillDiesWithTheService()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start children as somebody else.");
        await using var house = new ChildHouse();

        var child = await house.StartAsync("echo \"$(id -un) $(id -G) $USER\"; exec sleep 60", user: "nobody");

        var nobody = UserAccount.Find("nobody")!;
        Assert.Equal($"nobody {nobody.GroupId} nobody", await ChildHouse.LineAsync(child));
        Assert.Equal(nobody.UserId, ProcessTable.UserId(child.ProcessId));
        var exit = await child.StopAsync(Limits.Test, TestContext.Current.CancellationToken);
        Assert.Equal(Signals.Terminate, exit.Signal);
    }

    [Fact]
    public async Task Stop_WholeGroup_GrandchildrenInOtherSessionsIncluded()
    {
        await using var house = new ChildHouse();
        var child = await house.StartAsync("sleep 60 & a=$!; setsid sleep 60 & echo $a $!; wait");
        var grandchildren = (await ChildHouse.LineAsync(child)).Split(' ').Select(ChildHouse.Number).ToList();
        await Eventually.True(() => ProcessTable.Stat(grandchildren[1])?.SessionId == grandchildren[1]);

        var exit = await child.StopAsync(Limits.Test, TestContext.Current.CancellationToken);

        Assert.Equal(Signals.Terminate, exit.Signal);
        Assert.All(grandchildren, static id => Assert.False(ChildHouse.Runs(id)));
        house.Logs.AssertQuiet();
    }

    [Fact]
    public async Task Stop_ChildThatIgnoresTheSignal_IsKilledWithItsGroup()
    {
        await using var house = new ChildHouse();
        var child = await house.StartAsync("trap '' TERM; sleep 60 & echo $!; while :; do sleep 1; done");
        var grandchild = ChildHouse.Number(await ChildHouse.LineAsync(child));

        var exit = await child.StopAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);

        Assert.Equal(Signals.Kill, exit.Signal);
        Assert.Equal("ended by SIGKILL", exit.ToString());
        Assert.False(ChildHouse.Runs(grandchild));
        await house.Logs.WaitFor("ChildKilled");
    }

    [Fact]
    public async Task Exited_ChildEndsByItself_TellsItsCodeAndLeavesNobody()
    {
        await using var house = new ChildHouse();
        var child = await house.StartAsync("(trap '' TERM; echo $(sh -c 'echo $PPID'); exec sleep 60) & sleep 0.2; exit 7");
        var rest = ChildHouse.Number(await ChildHouse.LineAsync(child));

        var exit = await child.Exited.Within();

        Assert.Equal(7, exit.Code);
        Assert.Null(exit.Signal);
        Assert.Equal("exited with code 7", exit.ToString());
        Assert.False(ChildHouse.Runs(rest));
        Assert.Equal(exit, await child.StopAsync(Limits.Test, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Dispose_WithChildrenRunning_KillsThemAndEndsTheGuardian()
    {
        await using var house = new ChildHouse();
        var child = await house.StartAsync("exec sleep 60");
        var guardian = house.Children.GuardianId!.Value;
        Assert.True(ChildHouse.Runs(guardian));

        await house.Children.DisposeAsync();

        Assert.False(ChildHouse.Runs(child.ProcessId));
        Assert.False(ChildHouse.Runs(guardian));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => house.StartAsync("exit 0"));
    }

    [Theory]
    [InlineData("/usr/bin/setsid")]
    [InlineData(null)]
    public async Task Start_MachineWithoutTheTools_WorksAndSaysOnceWhatIsMissing(string? setSid)
    {
        Assert.SkipUnless(setSid is null || File.Exists(setSid), "setsid is elsewhere.");
        await using var house = new ChildHouse(new SpawnTools(null, setSid));
        var first = await house.StartAsync("exec sleep 60");
        var second = await house.StartAsync("exec sleep 60");

        Assert.Equal(Signals.Terminate, (await first.StopAsync(Limits.Test, TestContext.Current.CancellationToken)).Signal);
        Assert.Equal(Signals.Kill, (await second.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken)).Signal);

        Assert.Single(house.Logs.Named("NoParentDeathSignal"));
        Assert.Empty(house.Records);
    }

    [Fact]
    public async Task Start_AsAnotherUserWithoutTheTools_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start children as somebody else.");
        await using var house = new ChildHouse(SpawnTools.None);

        var failure = await Assert.ThrowsAsync<ChildStartException>(() => house.StartAsync("exit 0", user: "nobody"));

        Assert.Contains("setpriv", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RecordCantBeWritten_StartsNothing()
    {
        await using var house = new ChildHouse();
        File.WriteAllText(house.JournalDirectory, "a file where the directory should be");

        await Assert.ThrowsAsync<ChildStartException>(() => house.StartAsync("exit 0"));

        Assert.Empty(house.Children.Running);
    }

    [Fact]
    public async Task Guardian_KilledByAStranger_AnotherTakesOverAtOnce()
    {
        await using var house = new ChildHouse();
        await house.StartAsync("exec sleep 60");
        var first = house.Children.GuardianId!.Value;
        using (var process = Process.GetProcessById(first))
        {
            process.Kill();
            await Eventually.True(() => !ChildHouse.Runs(first));
        }

        await house.Logs.WaitFor("GuardianGone");
        await Eventually.True(() => house.Children.GuardianId is { } second && second != first && ChildHouse.Runs(second));
    }
}
