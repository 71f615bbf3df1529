using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Processes;

/// <summary>A1, A5: a process is known by its id, its start and the boot, and is signalled by a hold on it.</summary>
public sealed class ProcessIdentityTests
{
    [Fact]
    public void Own_ReadTwice_IsRunningAndEqual()
    {
        Assert.True(ProcessIdentity.Own.IsRunning);
        Assert.Equal(ProcessIdentity.Own, ProcessIdentity.Find(Environment.ProcessId));
        Assert.False((ProcessIdentity.Own with { StartTicks = ProcessIdentity.Own.StartTicks + 1 }).IsRunning);
        Assert.False((ProcessIdentity.Own with { BootId = "another" }).IsRunning);
    }

    [Fact]
    public void Table_OfAProcessWithAnOddName_ReadsItsFacts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is Linux.");
        using var directory = new TempDirectory();

        // The kernel puts the name in brackets and escapes nothing.
        var odd = directory["a) S 1 (b"];
        File.CreateSymbolicLink(odd, "/bin/sleep");
        using var process = Process.Start(new ProcessStartInfo(odd, ["60"]) { Environment = { ["CAUSEWAY_TEST"] = "a=b" } })!;
        try
        {
            var stat = ProcessTable.Stat(process.Id)!.Value;
            Assert.Equal(Environment.ProcessId, stat.ParentId);
            Assert.Equal(ProcessTable.Stat(Environment.ProcessId)!.Value.GroupId, stat.GroupId);
            Assert.Equal([odd, "60"], ProcessTable.CommandLine(process.Id));
            Assert.Equal("a=b", ProcessTable.Variable(process.Id, "CAUSEWAY_TEST"));
            Assert.Null(ProcessTable.Variable(process.Id, "CAUSEWAY"));
            Assert.Equal(ProcessTable.UserId(Environment.ProcessId), ProcessTable.UserId(process.Id));
            Assert.EndsWith("sleep", ProcessTable.Executable(process.Id), StringComparison.Ordinal);
            Assert.Contains(process.Id, ProcessTable.Ids());
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void Find_NobodyHasTheId_IsNull()
    {
        Assert.Null(ProcessIdentity.Find(int.MaxValue));
        Assert.Null(ProcessTable.Stat(int.MaxValue));
        Assert.Null(ProcessTable.CommandLine(int.MaxValue));
        Assert.Null(Pidfd.Open(int.MaxValue));
    }

    [Fact]
    public async Task Pidfd_OfAnotherStart_IsRefused_OfThisOne_Signals()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pidfds are Linux.");
        using var process = Process.Start("/bin/sleep", "60")!;
        try
        {
            var identity = ProcessIdentity.Find(process.Id)!;
            Assert.Null(Pidfd.Open(identity with { StartTicks = identity.StartTicks - 1 }));

            using var held = Pidfd.Open(identity)!;
            Assert.False(held.HasExited);
            Assert.False(await held.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
            Assert.True(held.Send(15));
            Assert.True(await held.WaitAsync(Limits.Test, TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.False(identity.IsRunning);
            Assert.False(held.Send(15));
            Assert.Null(Pidfd.Open(identity));
        }
        finally
        {
            process.Kill();
        }
    }
}
