using Causeway.Testing;

namespace Causeway.Hosting.Tests.Instances;

/// <summary>A1: who an instance is, and the proof that a process is it.</summary>
public sealed class InstanceTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public InstanceTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryTake_Held_IsNullUntilLetGo()
    {
        using (var held = InstanceLock.TryTake(_directory.Path))
        {
            Assert.NotNull(held);
            Assert.Null(InstanceLock.TryTake(_directory.Path));
        }

        using var again = InstanceLock.TryTake(_directory.Path);
        Assert.NotNull(again);
    }

    [Fact]
    public void TryTake_DirectoryMissing_IsMadeForTheOwnerOnly()
    {
        using var held = InstanceLock.TryTake(_directory["data"]);

        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_directory["data"]));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["data/instance.lock"]));
        }
    }

    [Fact]
    public void TryRead_Written_IsTheSame()
    {
        var record = Own() with { State = InstanceState.Draining, DrainDeadline = TimeProvider.System.GetUtcNow() };
        record.Write(_directory["instance.json"]);

        var read = InstanceRecord.TryRead(_directory["instance.json"])!;

        Assert.Equal(record with { CommandLine = read.CommandLine, Urls = read.Urls }, read);
        Assert.Equal(record.CommandLine, read.CommandLine);
        Assert.Contains("\"state\": \"draining\"", File.ReadAllText(_directory["instance.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{ "pid": 1 }""")]
    [InlineData("""{ "pid": "one" }""")]
    public void TryRead_Nonsense_IsNull(string text)
    {
        _directory.Write("instance.json", text);

        Assert.Null(InstanceRecord.TryRead(_directory["instance.json"]));
    }

    [Fact]
    public void TryRead_RequiredPartIsNull_IsNull()
    {
        Own().Write(_directory["instance.json"]);
        var whole = File.ReadAllText(_directory["instance.json"]);

        _directory.Write("instance.json", whole.Replace($"\"data_directory\": \"{Own().DataDirectory}\"", "\"data_directory\": null", StringComparison.Ordinal));

        Assert.NotEqual(whole, File.ReadAllText(_directory["instance.json"]));
        Assert.Null(InstanceRecord.TryRead(_directory["instance.json"]));
    }

    [Fact]
    public void TryRead_LinkWithoutAnEnd_IsNull()
    {
        File.CreateSymbolicLink(_directory["instance.json"], "/dev/zero");

        Assert.Null(InstanceRecord.TryRead(_directory["instance.json"]));
    }

    [Fact]
    public void TryRead_Missing_IsNull() => Assert.Null(InstanceRecord.TryRead(_directory["instance.json"]));

    [Fact]
    public void Of_ThisProcessHoldingTheLock_IsProven()
    {
        using var held = InstanceLock.TryTake(_directory.Path);

        Assert.Null(InstanceProof.Of(Own(), _directory.Path).Doubt);
    }

    [Fact]
    public void Of_DirectoryThroughALink_IsProven()
    {
        using var held = InstanceLock.TryTake(_directory["data"]);
        Directory.CreateSymbolicLink(_directory["link"], _directory["data"]);

        Assert.Null(InstanceProof.Of(Own() with { DataDirectory = _directory["data"] }, _directory["link"]).Doubt);
    }

    [Theory]
    [InlineData("start", "another one has its id")]
    [InlineData("boot", "restarted")]
    [InlineData("pid", "is not there")]
    [InlineData("program", "not the recorded")]
    [InlineData("command", "another command line")]
    [InlineData("user", "another user")]
    [InlineData("directory", "another data directory")]
    [InlineData("lock", "does not hold")]
    public void Of_OneThingDoesNotFit_IsInDoubt(string what, string doubt)
    {
        using var held = InstanceLock.TryTake(_directory.Path);
        var record = what switch
        {
            "start" => Own() with { StartTicks = Own().StartTicks - 1 },
            "boot" => Own() with { BootId = Guid.NewGuid().ToString() },
            "pid" => Own() with { Pid = int.MaxValue },
            "program" => Own() with { Executable = "/usr/bin/true" },
            "command" => Own() with { CommandLine = ["true"] },
            "user" => Own() with { UserId = 4_242 },
            "directory" => Own() with { DataDirectory = "/elsewhere" },
            _ => Own(),
        };
        if (what == "lock")
        {
            held!.Dispose();
        }

        Assert.Contains(doubt, InstanceProof.Of(record, _directory.Path).Doubt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/causeway", "/usr/bin/causeway", true)]
    [InlineData("/usr/bin/causeway (deleted)", "/usr/bin/causeway", true)]
    [InlineData("/usr/bin/causeway2", "/usr/bin/causeway", false)]
    [InlineData(null, "/usr/bin/causeway", false)]
    [InlineData(null, null, false)]
    public void IsSameProgram_ReplacedWhileItRuns_IsTheSame(string? found, string? expected, bool same) =>
        Assert.Equal(same, ProcessFacts.IsSameProgram(found, expected));

    [Theory]
    [InlineData("--access_token=hidden", "--access_token=***")]
    [InlineData("--Auth:SigningKeys:0:Key=hidden", "--Auth:SigningKeys:0:Key=***")]
    [InlineData("--Database:ConnectionString=Host=x;hidden", "--Database:ConnectionString=***")]
    [InlineData("--Server:Urls=http://127.0.0.1:1", "--Server:Urls=http://127.0.0.1:1")]
    [InlineData("two\nlines", "two lines")]
    public void Command_CredentialOrLineBreak_IsMasked(string argument, string shown) =>
        Assert.Equal("causeway " + shown, new ProcessFacts(ProcessIdentity.Own, 0, ["causeway", argument], null).Command);

    [Fact]
    public void Command_Long_IsCut() =>
        Assert.True(new ProcessFacts(ProcessIdentity.Own, 0, ["causeway", new string('x', 500)], null).Command.Length < 200);

    private InstanceRecord Own()
    {
        var own = ProcessFacts.TryRead(Environment.ProcessId)!;
        return new InstanceRecord
        {
            Pid = own.Pid,
            StartTicks = own.Identity.StartTicks,
            BootId = own.Identity.BootId,
            Executable = own.Executable,
            CommandLine = own.CommandLine,
            DataDirectory = _directory.Path,
            UserId = own.UserId,
            InstanceId = Guid.NewGuid(),
            Version = "1",
            Urls = ["http://127.0.0.1:8080"],
            DrainSeconds = 1,
            StartedAt = TimeProvider.System.GetUtcNow(),
            State = InstanceState.Running,
        };
    }
}
