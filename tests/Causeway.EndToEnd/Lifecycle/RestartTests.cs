using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>
/// A1, A5: crash after crash with connections open and children alive, start after start; nobody is left and no stranger is harmed. Some of them are the program's; the
/// others are those of a service of the same libraries, which starts in a fraction of the time. <c>CAUSEWAY_TEST_RESTARTS</c> says how many of each; 100 take ten minutes.
/// </summary>
public sealed class RestartTests
{
    private const int Connections = 3;

    private static readonly int ProgramRounds = Rounds(10);
    private static readonly int ServiceRounds = Rounds(40);

    /// <summary>A child with a grandchild in its group and one that left it. It never listens, so it is always being started.</summary>
    private static readonly string Configuration = $$"""
        { "Relay": { "Backends": { "family": { "Urls": ["http://127.0.0.1:{{FreePort.Next()}}"], "Process": {
          "Command": ["sh", "-c", "sleep 3600 & setsid sleep 3600 & wait"], "Start": "always", "ReadySeconds": 3600 } } } } }
        """;

    [Fact]
    public async Task Kill_ProgramWithConnectionsOpenAndChildrenAlive_EveryStartSucceedsAndNobodyIsLeft()
    {
        Needs.Linux();
        using var stranger = Process.Start("/bin/sleep", "3600")!;
        var families = new List<string>();
        await using (var causeway = await CausewayProcess.StartAsync(Configuration))
        {
            for (var round = 0; round < ProgramRounds; round++)
            {
                families.Add(await FamilyAsync(Path.Combine(causeway.Directory, "data"), families));
                var sockets = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawWebSocket.ConnectAsync(causeway.WebSocket)));
                try
                {
                    // Not awaited: the next one is started while the kernel still clears up after this one.
                    await using var killed = causeway.Process;
                    killed.Process.Send(Signal.Kill);
                    await causeway.StartAgainAsync();
                }
                finally
                {
                    Array.ForEach(sockets, static socket => socket.Dispose());
                }

                Assert.Empty(Processes.With("CAUSEWAY_CHILD", families[^1]));
            }
        }

        AssertNobodyLeftNorHarmed(ProgramRounds, families, stranger);
    }

    [Fact]
    public async Task Kill_ServiceWithConnectionsOpenAndChildrenAlive_EveryStartSucceedsAndNobodyIsLeft()
    {
        Needs.Linux();
        using var stranger = Process.Start("/bin/sleep", "3600")!;
        using var directory = new TempDirectory();
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var families = new List<string>();
        var service = await StartAsync();
        try
        {
            for (var round = 0; round < ServiceRounds; round++)
            {
                families.Add(await FamilyAsync(directory.Path, families));
                var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawConnection.OpenAsync(address)));
                try
                {
                    await using var killed = service;
                    killed.Process.Send(Signal.Kill);
                    service = await StartAsync();
                }
                finally
                {
                    Array.ForEach(connections, static connection => connection.Dispose());
                }

                Assert.Empty(Processes.With("CAUSEWAY_CHILD", families[^1]));
            }

            service.Process.Send(Signal.Terminate);
            Assert.Equal(0, await service.ExitAsync());
        }
        finally
        {
            await service.DisposeAsync();
        }

        AssertNobodyLeftNorHarmed(ServiceRounds, families, stranger);

        async Task<ChildProcess> StartAsync()
        {
            var started = ChildProcess.Start(
                "dotnet", [Path.Combine(AppContext.BaseDirectory, "Causeway.Testing.Service.dll"), "family", address.GetLeftPart(UriPartial.Authority), directory.Path]);
            await started.LineAsync(static line => line == "running", "that it runs");
            return started;
        }
    }

    private static void AssertNobodyLeftNorHarmed(int rounds, List<string> families, Process stranger)
    {
        Assert.Equal(rounds, families.Distinct().Count());
        Assert.All(families, static family => Assert.Empty(Processes.With("CAUSEWAY_CHILD", family)));
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    /// <summary>The mark of the family that this instance has started, once all three are there.</summary>
    private static async Task<string> FamilyAsync(string data, List<string> before)
    {
        var directory = Path.Combine(data, "children");
        string? mark = null;
        await Eventually.True(
            () =>
            {
                mark = Directory.Exists(directory)
                    ? Directory.GetFiles(directory, "*.json").Select(static path => Path.GetFileNameWithoutExtension(path)).Except(before).SingleOrDefault()
                    : null;
                return mark is not null && Processes.With("CAUSEWAY_CHILD", mark).Count >= 3;
            },
            what: "the child and its two grandchildren run");
        return mark!;
    }

    private static int Rounds(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("CAUSEWAY_TEST_RESTARTS"), System.Globalization.CultureInfo.InvariantCulture, out var wanted) ? wanted : usual;
}
