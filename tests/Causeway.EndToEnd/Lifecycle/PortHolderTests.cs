using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A1: whoever holds the port and is not an earlier instance is named and left alone.</summary>
public sealed class PortHolderTests
{
    private const int PortHeld = 4;
    private const string Nobody = "65534";

    private static readonly string[] AsNobody = ["--reuid", Nobody, "--regid", Nobody, "--clear-groups"];

    [Fact]
    public async Task Start_StrangerListens_ExitsWithFourAndNamesIt()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var stranger = await Stranger.ListeningAsync(causeway.Port);

        var text = await RefusalAsync(causeway);

        AssertNames(text, stranger);
        Assert.Contains(causeway.Address.GetLeftPart(UriPartial.Authority), text, StringComparison.Ordinal);
        Assert.Contains("left alone", text, StringComparison.Ordinal);
        Assert.Contains("--Server:Urls", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_StrangersClientConnectionUsesThePort_ExitsWithFourAndNamesIt()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        var target = ((IPEndPoint)peer.LocalEndpoint).Port;
        await using var stranger = await Stranger.ConnectedAsync(causeway.Port, target);

        var text = await RefusalAsync(causeway);

        AssertNames(text, stranger);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"connection of its own to 127.0.0.1:{target}"), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AnotherUsersListener_IsNamedToRoot()
    {
        var setpriv = Needs.AnotherUser();
        await using var causeway = CausewayProcess.Create();
        await NeedsReadableAsync(setpriv, Needs.Python());
        await using var stranger = await Stranger.ListeningAsync(causeway.Port, [setpriv, .. AsNobody]);

        var text = await RefusalAsync(causeway);

        AssertNames(text, stranger);
        Assert.Contains("uid " + Nobody, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_HolderThatMayNotBeSeen_IsSaidToBeUnknownWithItsUser()
    {
        var setpriv = Needs.AnotherUser();
        await using var causeway = CausewayProcess.Create();
        var program = ProgramForOthers();
        await NeedsReadableAsync(setpriv, program);
        await using var stranger = await Stranger.ListeningAsync(causeway.Port);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(causeway.Directory, (UnixFileMode)0b111_111_111);
        }

        var environment = new Dictionary<string, string?> { ["HOME"] = causeway.Directory };

        await using var process = ChildProcess.Start(setpriv, [.. AsNobody, "dotnet", program, "--config", "causeway.json"], causeway.Directory, environment);

        Assert.Equal(PortHeld, await process.ExitAsync());
        Assert.Contains("an unknown holder (user root, uid 0)", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("python", process.Text, StringComparison.Ordinal);
        stranger.AssertUnharmed();
    }

    /// <summary>The program where it was built: beside the tests it may be one that counts its lines, and ends badly where it may not write down how many.</summary>
    private static string ProgramForOthers()
    {
        var own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var built = Path.GetFullPath(Path.Combine(own, "..", "..", "Causeway.Server", Path.GetFileName(own), "causeway.dll"));
        return File.Exists(built) ? built : Path.Combine(own, "causeway.dll");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task Start_RecordNamesAStranger_IsNeverSignalled(int startTicksOff)
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var stranger = await Stranger.ListeningAsync(causeway.Port);
        Forge(causeway, stranger, startTicksOff);

        AssertNames(await RefusalAsync(causeway), stranger);
    }

    [Fact]
    public async Task Start_AStrangerHasTheLockAndTheRecordNamesAnother_NobodyIsSignalled()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var victim = await Stranger.ListeningAsync(causeway.Port);
        Forge(causeway, victim, startTicksOff: 0);
        await using var holder = await Stranger.LockingAsync(Path.Combine(causeway.Directory, "data", "instance.lock"));

        var process = causeway.Launch();

        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains("process " + Text(holder.Process.Id), process.Text, StringComparison.Ordinal);
        Assert.Contains("--Server:DataDirectory", process.Text, StringComparison.Ordinal);
        victim.AssertUnharmed();
        holder.AssertUnharmed();
    }

    /// <summary>A checkout in somebody's home can't be run by others.</summary>
    private static async Task NeedsReadableAsync(string setpriv, string path)
    {
        await using var look = ChildProcess.Start(setpriv, [.. AsNobody, "test", "-r", path]);
        if (await look.ExitAsync() != 0)
        {
            Assert.Skip($"{path} may not be read by another user.");
        }
    }

    private static async Task<string> RefusalAsync(CausewayProcess causeway)
    {
        var process = causeway.Launch();
        Assert.Equal(PortHeld, await process.ExitAsync());
        return process.Text;
    }

    private static void AssertNames(string text, ChildProcess stranger)
    {
        Assert.Contains("process " + Text(stranger.Process.Id), text, StringComparison.Ordinal);
        Assert.Contains("python", text, StringComparison.Ordinal);
        stranger.AssertUnharmed();
    }

    /// <summary>A record as an instance would have left it, with the stranger in its place.</summary>
    private static void Forge(CausewayProcess causeway, ChildProcess stranger, int startTicksOff)
    {
        var pid = Text(stranger.Process.Id);
        var data = Directory.CreateDirectory(Path.Combine(causeway.Directory, "data")).FullName;
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var record = new JsonObject
        {
            ["pid"] = stranger.Process.Id,
            ["start_ticks"] = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture) + startTicksOff,
            ["boot_id"] = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
            ["executable"] = new FileInfo($"/proc/{pid}/exe").LinkTarget,
            ["command_line"] = new JsonArray([.. File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0').Split('\0').Select(static part => JsonValue.Create(part))]),
            ["data_directory"] = data,
            ["user_id"] = uint.Parse(File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], CultureInfo.InvariantCulture),
            ["instance_id"] = Guid.NewGuid(),
            ["version"] = "0.1.0",
            ["urls"] = new JsonArray(causeway.Address.GetLeftPart(UriPartial.Authority)),
            ["drain_seconds"] = 1,
            ["started_at"] = "2026-01-01T00:00:00Z",
            ["state"] = "running",
        };
        File.WriteAllText(Path.Combine(data, "instance.json"), record.ToJsonString());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
