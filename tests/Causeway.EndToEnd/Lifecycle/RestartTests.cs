using System.Diagnostics;
using System.Globalization;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>
/// A1, A5: crashes with connections open and children alive, as many starts; nobody is left and no stranger is harmed.
/// CAUSEWAY_TEST_RESTARTS=100 makes it a hundred, which takes minutes.
/// </summary>
public sealed class RestartTests
{
    private const int Connections = 3;

    private static readonly int Times =
        int.TryParse(Environment.GetEnvironmentVariable("CAUSEWAY_TEST_RESTARTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var times) ? times : 25;

    /// <summary>A child with a grandchild in its group and one that left it. It never listens, so it is always being started.</summary>
    private static readonly string Configuration = $$"""
        { "Relay": { "Backends": { "family": { "Urls": ["http://127.0.0.1:{{FreePort.Next()}}"], "Process": {
          "Command": ["sh", "-c", "sleep 3600 & setsid sleep 3600 & wait"], "Start": "always", "ReadySeconds": 3600 } } } } }
        """;

    [Fact]
    public async Task Kill_ManyTimesWithConnectionsOpenAndChildrenAlive_EveryStartSucceedsAndNobodyIsLeft()
    {
        Needs.Linux();
        using var stranger = Process.Start("/bin/sleep", "3600")!;
        var families = new List<string>();
        await using (var causeway = await CausewayProcess.StartAsync(Configuration))
        {
            for (var round = 0; round < Times; round++)
            {
                families.Add(await FamilyAsync(causeway, families));
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

        Assert.Equal(Times, families.Distinct().Count());
        Assert.All(families, static family => Assert.Empty(Processes.With("CAUSEWAY_CHILD", family)));
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    /// <summary>The mark of the family that this instance has started, once all three are there.</summary>
    private static async Task<string> FamilyAsync(CausewayProcess causeway, List<string> before)
    {
        var directory = Path.Combine(causeway.Directory, "data", "children");
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
}
