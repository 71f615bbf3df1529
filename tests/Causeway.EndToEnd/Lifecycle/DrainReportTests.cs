using System.Text;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A6: the program says at its end what its drain did, and names what it had to cut.</summary>
public sealed class DrainReportTests
{
    [Fact]
    public async Task Terminate_RequestThatNeverEnds_IsNamedAndTheExitIsZero()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 1 } }""");
        await using var client = await causeway.ConnectAsync();
        using var stuck = await RawConnection.OpenAsync(causeway.Address);
        await stuck.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/rooms/slow/messages HTTP/1.1\r\nHost: 127.0.0.1:{causeway.Port}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"));
        Assert.Equal("HTTP/1.1 100 Continue", await stuck.ReadLineAsync());

        Assert.Equal(0, await causeway.StopAsync());

        var report = Assert.Single(causeway.Process.Output, static line => line.Contains("The drain ended", StringComparison.Ordinal));
        Assert.Contains("live connections: done", report, StringComparison.Ordinal);
        Assert.Contains("1 WebSockets and 0 event streams told to reconnect", report, StringComparison.Ordinal);
        Assert.Contains("requests in flight: cut", report, StringComparison.Ordinal);
        Assert.Contains("still running: POST /api/v1/rooms/slow/messages for", report, StringComparison.Ordinal);
        Assert.DoesNotContain(causeway.Process.Output, static line => line.Contains("Drained in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Terminate_OpenStreams_NeverDelayTheEnd()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 20 } }""");
        using var one = await causeway.StreamAsync("room=a");
        using var two = await causeway.StreamAsync("room=b");
        await one.ReadAsync("connected");
        await two.ReadAsync("connected");

        var exit = causeway.StopAsync();
        Assert.Equal("shutdown", (await one.ReadAsync("shutdown")).Event);

        Assert.Equal(0, await exit.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken));
        Assert.Contains(causeway.Process.Output, static line => line.Contains("0 WebSockets and 2 event streams told to reconnect", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Terminate_ReadyAndNewcomers_AreRefusedFromTheSameMoment()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 3 } }""");
        await using var client = await causeway.ConnectAsync();
        client.StopReading();
        using var stuck = await RawConnection.OpenAsync(causeway.Address);
        await stuck.SendAsync(Encoding.ASCII.GetBytes($"POST /api/v1/rooms/slow/messages HTTP/1.1\r\nHost: 127.0.0.1:{causeway.Port}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"));
        Assert.Equal("HTTP/1.1 100 Continue", await stuck.ReadLineAsync());

        causeway.Process.Process.Send(Signal.Terminate);
        await Eventually.Equal(503, async () => (await causeway.GetAsync("/ready")).Status);

        // The very next one.
        (await RawWebSocket.TryUpgradeAsync(causeway.WebSocket)).AssertError(503, "DRAINING");
        Assert.Equal(0, await causeway.Process.ExitAsync());
    }

    [Fact]
    public async Task Interrupt_OnATerminal_PrintsTheReportAsAScreen()
    {
        await using var terminal = Terminal(Needs.Script(), out var directory);
        using (directory)
        {
            await terminal.LineAsync(static line => line.Contains("Ctrl+C stops", StringComparison.Ordinal), "the first screen");
            await terminal.Process.StandardInput.WriteAsync('\x03');
            await terminal.Process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);

            Assert.Equal(0, await terminal.ExitAsync());
            Assert.Contains(terminal.Lines, static line => line.Contains("Drained in ", StringComparison.Ordinal) && line.Contains("phases done", StringComparison.Ordinal));
            Assert.Contains(terminal.Lines, static line => line.Contains("requests in flight", StringComparison.Ordinal) && line.Contains("done", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task TerminalCloses_ServiceStops()
    {
        await using var terminal = Terminal(Needs.Script(), out var directory);
        using (directory)
        {
            await terminal.LineAsync(static line => line.Contains("Ctrl+C stops", StringComparison.Ordinal), "the first screen");
            var address = terminal.Lines.First(static line => line.Contains("http://127.0.0.1:", StringComparison.Ordinal)).Split(' ').Last(static word => word.StartsWith("http", StringComparison.Ordinal));
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            Assert.True((await client.GetAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode);

            // The window is closed: its end of the terminal is gone, and the kernel hangs up.
            terminal.Process.Send(Signal.Kill);
            await terminal.ExitAsync();

            await Eventually.True(async () =>
            {
                try
                {
                    using var _ = await client.GetAsync(new Uri("/ready", UriKind.Relative));
                    return false;
                }
                catch (HttpRequestException)
                {
                    return true;
                }
            }, what: "the service has stopped");
        }
    }

    private static ChildProcess Terminal(string script, out TempDirectory directory)
    {
        directory = new TempDirectory();

        // A shell that waits for the program would be ended by the terminal's Ctrl+C itself, and some shells do wait.
        var command = $"exec dotnet {Path.Combine(AppContext.BaseDirectory, "causeway.dll")} --Server:Urls=http://127.0.0.1:{FreePort.Next()} --Server:DrainSeconds=2";
        return ChildProcess.Start(script, ["-qec", command, "/dev/null"], directory.Path, new Dictionary<string, string?> { ["NO_COLOR"] = "1" });
    }
}
