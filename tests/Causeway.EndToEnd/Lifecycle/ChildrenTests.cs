using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A5: what the service started ends with it, however it ends; a stranger that only looks like it is left alone.</summary>
public sealed class ChildrenTests
{
    public ChildrenTests() => Needs.Linux();

    [Theory]
    [InlineData(null)]
    [InlineData("nobody")]
    public async Task Kill_ChildrenAndGrandchildrenAlive_AllAreGone(string? user)
    {
        Assert.SkipUnless(user is null || Environment.IsPrivilegedProcess, "Only root can start children as somebody else.");
        var process = new JsonObject { ["Start"] = "always", ["User"] = user };
        if (user is not null)
        {
            // The build's directory may be closed to others.
            process["WorkingDirectory"] = "/";
        }

        await using var causeway = await CausewayProcess.StartAsync(user is null
            ? new BackendProgram().Configuration("family=yes", process.ToJsonString())
            : ShellFamily(process));
        var family = await FamilyAsync(causeway);
        var guardian = Assert.Single(Processes.ChildrenOf(causeway.Process.Process.Id, "causeway-guardian"));
        Assert.All(family, static id => Assert.True(Processes.Runs(id)));

        await causeway.KillAsync();

        await Eventually.True(() => !family.Any(Processes.Runs));
        await Eventually.True(() => !Processes.Runs(guardian));
    }

    [Fact]
    public async Task Kill_GuardianWasKilledBefore_AllAreGoneAllTheSame()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration("family=yes", """{"Start":"always"}"""));
        var family = await FamilyAsync(causeway);
        var first = Assert.Single(Processes.ChildrenOf(causeway.Process.Process.Id, "causeway-guardian"));
        using (var guardian = Process.GetProcessById(first))
        {
            guardian.Kill();
        }

        // No child starts or ends meanwhile.
        await causeway.Process.LineAsync(static line => line.Contains("another has taken over", StringComparison.Ordinal), "the next guardian knows the family");
        await causeway.KillAsync();

        await Eventually.True(() => !family.Any(Processes.Runs));
    }

    [Fact]
    public async Task Terminate_ChildrenAndGrandchildrenAlive_AllAreGoneBeforeItEnds()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration("family=yes", """{"Start":"always"}""", """{"Server":{"DrainSeconds":10}}"""));
        var family = await FamilyAsync(causeway);

        Assert.Equal(0, await causeway.StopAsync());

        Assert.All(family, static id => Assert.False(Processes.Runs(id)));
        Assert.Empty(Directory.GetFiles(Path.Combine(causeway.Directory, "data", "children")));
        Assert.Contains("ended by SIGTERM", causeway.Process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OrphanHoldsThePort_IsEndedFirst()
    {
        await using var causeway = CausewayProcess.Create();
        var id = new string('b', 32);
        WriteJournal(causeway, id, child: null);
        using var orphan = Process.Start(new ProcessStartInfo(
            Needs.Python(), [Path.Combine(AppContext.BaseDirectory, "Lifecycle", "backend.py"), causeway.Port.ToString(CultureInfo.InvariantCulture)])
        {
            Environment = { ["CAUSEWAY_CHILD"] = id },
        })!;
        await Eventually.True(() => Listens(causeway.Port));

        await causeway.StartAgainAsync();

        await orphan.WaitForExitAsync(TestContext.Current.CancellationToken).Within();
        await causeway.Process.LineAsync(line => line.Contains($"Process {orphan.Id} of child forged was asked to stop", StringComparison.Ordinal), "who was ended");
    }

    [Fact]
    public async Task Start_StrangerHasARecordedNumber_IsNeverSignalled()
    {
        await using var causeway = CausewayProcess.Create();
        using var stranger = Process.Start("/bin/sleep", "600")!;
        try
        {
            var id = new string('c', 32);
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            WriteJournal(causeway, id, new JsonObject { ["process_id"] = stranger.Id, ["start_ticks"] = 1, ["boot_id"] = boot });

            await causeway.StartAgainAsync();

            Assert.False(stranger.HasExited);
            Assert.False(File.Exists(Path.Combine(causeway.Directory, "data", "children", id + ".json")));
        }
        finally
        {
            stranger.Kill();
        }
    }

    /// <summary>The child and its grandchildren, as it tells in its output.</summary>
    private static async Task<List<int>> FamilyAsync(CausewayProcess causeway)
    {
        List<int> family = [];
        await Eventually.True(async () =>
        {
            var lines = (await causeway.GetAsync("/api/v1/backends/app/logs")).Json.GetProperty("items").EnumerateArray();
            var told = lines.Select(static line => line.GetProperty("text").GetString()!).LastOrDefault(static text => text.StartsWith("family ", StringComparison.Ordinal));
            family = told is null ? [] : [.. told.Split(' ').Skip(1).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];
            return family.Count == 3;
        });
        return family;
    }

    /// <summary>The same family without a file of the tests, for a user who may not read those.</summary>
    private static string ShellFamily(JsonObject process)
    {
        process["Command"] = new JsonArray("sh", "-c", "env -i sleep 600 & near=$!; setsid sleep 600 & echo family $$ $near $!; wait");
        process["ReadySeconds"] = 600;
        return new JsonObject
        {
            ["Relay"] = new JsonObject
            {
                ["Backends"] = new JsonObject
                {
                    ["app"] = new JsonObject { ["Urls"] = new JsonArray($"http://127.0.0.1:{FreePort.Next()}"), ["Process"] = process },
                },
            },
        }.ToJsonString();
    }

    private static void WriteJournal(CausewayProcess causeway, string id, JsonNode? child)
    {
        var directory = Directory.CreateDirectory(Path.Combine(causeway.Directory, "data", "children"));
        var record = new JsonObject
        {
            ["id"] = id,
            ["name"] = "forged",
            ["command"] = new JsonArray("sleep"),
            ["owner"] = new JsonObject { ["process_id"] = 1, ["start_ticks"] = -5, ["boot_id"] = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() },
            ["started_at"] = "2026-01-01T00:00:00Z",
            ["child"] = child,
        };
        File.WriteAllText(Path.Combine(directory.FullName, id + ".json"), record.ToJsonString());
    }

    private static bool Listens(int port)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            socket.Connect(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
