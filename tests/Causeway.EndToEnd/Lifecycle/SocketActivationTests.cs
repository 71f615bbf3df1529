using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A1: sockets of a service manager, and a restart without one refused connection.</summary>
public sealed class SocketActivationTests
{
    private const int Restarts = 3;
    private const int Clients = 4;
    private const int AnswersEach = 200;

    [Fact]
    public async Task Restart_UnderConstantConnects_RefusesNobodyAndAnswersEverybody()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");
        await manager.SayAsync("start");
        await ReadyAsync(causeway);
        var counts = new Counts();
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => AskAsync(causeway.Port, counts, stop.Token))).ToList();
        for (var round = 1; round <= Restarts; round++)
        {
            await AnswersAsync(counts, AnswersEach);
            await manager.SayAsync("stop");
            var ended = await manager.TellsAsync("ended", round);
            await manager.SayAsync("start");
            await manager.TellsAsync("started", round + 1);

            // The shared socket is as it was: it listens, and its connections end in order and not by a reset.
            Assert.Equal("0 linger=0 listening=1", ended);
        }

        await AnswersAsync(counts, AnswersEach);
        await stop.CancelAsync();
        await Task.WhenAll(clients).Within();

        Assert.Equal((0, 0), (counts.Refused, counts.Unanswered));
    }

    [Fact]
    public async Task Start_SocketHandedOver_IsServedInPlaceOfTheConfiguredAddress()
    {
        Needs.Linux();
        var elsewhere = FreePort.Next();
        await using var causeway = CausewayProcess.Create($$$"""{ "Server": { "Urls": "http://127.0.0.1:{{{elsewhere}}}" } }""");
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");

        await manager.SayAsync("start");
        await ReadyAsync(causeway);

        await manager.LineAsync(line => line.Contains($"127.0.0.1:{causeway.Port}/", StringComparison.Ordinal), "the address that is served");
        Assert.DoesNotContain(elsewhere.ToString(CultureInfo.InvariantCulture), manager.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SocketException>(() => RawConnection.OpenAsync(new Uri($"http://127.0.0.1:{elsewhere}")));
    }

    [Fact]
    public async Task Start_AdminAddressConfigured_IsOpenedBesideTheSocket()
    {
        Needs.Linux();
        var admin = FreePort.Next();
        await using var causeway = CausewayProcess.Create($$$"""{ "Server": { "AdminUrls": "http://127.0.0.1:{{{admin}}}" } }""");
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");
        await manager.SayAsync("start");
        await ReadyAsync(causeway);

        using var response = await causeway.Client.GetAsync(new Uri($"http://127.0.0.1:{admin}/metrics"), TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(404, (await causeway.GetAsync("/metrics")).Status);
    }

    [Fact]
    public async Task Start_SocketIsThatOfTheAdminAddress_TheOthersAreOpenedAsConfigured()
    {
        Needs.Linux();
        var port = FreePort.Next();
        await using var causeway = CausewayProcess.Create($$$"""{ "Server": { "Urls": "http://127.0.0.1:{{{port}}}" } }""");
        await using var manager = await ManagerAsync(causeway, "127.0.0.1", $"--Server:AdminUrls=http://127.0.0.1:{causeway.Port}");
        await manager.SayAsync("start");
        await ReadyAsync(causeway);

        using var response = await causeway.Client.GetAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal(200, (await causeway.GetAsync("/metrics")).Status);
    }

    [Fact]
    public async Task Start_SocketIsOnEveryAddress_IsExposedWhateverTheConfigurationSays()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var manager = await ManagerAsync(causeway, "0.0.0.0");

        await manager.SayAsync("start");
        await ReadyAsync(causeway);

        Assert.Equal(401, (await causeway.GetAsync("/api/v1/rooms")).Status);
        await manager.LineAsync(static line => line.Contains("exposed (the service listens on http://0.0.0.0", StringComparison.Ordinal)
            || line.Contains("exposed (Server:Urls has http://0.0.0.0", StringComparison.Ordinal), "that it is exposed");
    }

    [Fact]
    public async Task Start_SocketHandedOver_NoChildWouldInheritIt()
    {
        const int CloseOnExec = 0x80000;
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");
        await manager.SayAsync("start");
        var pid = await manager.TellsAsync("started");
        await ReadyAsync(causeway);

        var flags = File.ReadLines($"/proc/{pid}/fdinfo/3").First(static line => line.StartsWith("flags:", StringComparison.Ordinal)).Split('\t')[1];

        Assert.NotEqual(0, Convert.ToInt32(flags, 8) & CloseOnExec);
    }

    [Fact]
    public async Task Start_ChildOfTheService_SeesNeitherTheSocketNorTheManagersVariables()
    {
        Needs.Linux();
        using var notify = new NotifySocket($"@causeway-{Guid.NewGuid():N}");
        await using var causeway = CausewayProcess.Create($$"""
            { "Relay": { "Backends": { "app": { "Urls": ["http://127.0.0.1:{{FreePort.Next()}}"], "Process": {
                "Command": ["sh", "-c", "env; for file in /proc/self/fd/*; do readlink $file; done; echo 'that is all'; exec sleep 600"], "Start": "always", "ReadySeconds": 600 } } } } }
            """);
        causeway.Environment["NOTIFY_SOCKET"] = notify.Name;
        causeway.Environment["WATCHDOG_USEC"] = "60000000";
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");
        await manager.SayAsync("start");
        await ReadyAsync(causeway);
        await notify.HearsAsync("READY=1");

        IReadOnlyList<string> said = [];
        await Eventually.True(async () =>
        {
            var lines = (await causeway.GetAsync("/api/v1/backends/app/logs")).Json.GetProperty("items").EnumerateArray();
            said = [.. lines.Select(static line => line.GetProperty("text").GetString()!)];
            return said.Contains("that is all");
        });

        Assert.Contains(said, static line => line.StartsWith("PATH=", StringComparison.Ordinal));
        Assert.DoesNotContain(said, static line => line.StartsWith("LISTEN_", StringComparison.Ordinal));
        Assert.DoesNotContain(said, static line => line.StartsWith("NOTIFY_SOCKET", StringComparison.Ordinal) || line.StartsWith("WATCHDOG_", StringComparison.Ordinal));
        Assert.DoesNotContain(said, static line => line.StartsWith("socket:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_SocketHandedOverWithHttps_ServesTlsOverARestartToo()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create("""{ "Server": { "DrainSeconds": 5 } }""", "--https");
        await using var manager = await ManagerAsync(causeway, "127.0.0.1", "--https");
        await manager.SayAsync("start");
        await ReadyAsync(causeway);

        // Who speaks plainly on it is not served.
        using (var plain = await RawConnection.OpenAsync(new Uri($"http://127.0.0.1:{causeway.Port}")))
        {
            await plain.SendAsync("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray());
            Assert.False((await plain.ReadLineAsync())?.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ?? false);
        }

        using (var client = new ClientWebSocket())
        {
            client.Options.RemoteCertificateValidationCallback = (_, _, _, _) => causeway.Address.IsLoopback;
            await client.ConnectAsync(causeway.WebSocket, TestContext.Current.CancellationToken).Within();
            var greeting = new byte[4_096];
            var length = (await client.ReceiveAsync(greeting, TestContext.Current.CancellationToken).Within()).Count;
            Assert.Contains("\"connected\"", Encoding.UTF8.GetString(greeting, 0, length), StringComparison.Ordinal);
        }

        await manager.SayAsync("stop");
        await manager.TellsAsync("ended");

        // The socket has stayed open: this one waits in its queue until the next process takes it.
        var waiting = causeway.GetAsync("/health");
        await manager.SayAsync("start");
        Assert.Equal(200, (await waiting).Status);
        Assert.Contains(manager.Lines, line => line.Contains($"https://127.0.0.1:{causeway.Port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_EarlierInstanceServesTheSameSocket_IsWaitedFor()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var manager = await ManagerAsync(causeway, "127.0.0.1");
        await manager.SayAsync("start");
        var first = await manager.TellsAsync("started");
        await ReadyAsync(causeway);

        await manager.SayAsync("start");

        await manager.LineAsync(line => line.Contains($"process {first} ", StringComparison.Ordinal) && line.Contains("asked to stop", StringComparison.Ordinal), "who is replaced");
        await Eventually.Equal(2, () => manager.Lines.Count(static line => line.Contains("is running", StringComparison.Ordinal)));
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task Start_WhatWasHandedOverDoesNotListen_ExitsWithThreeAndSaysSo()
    {
        Needs.Linux();
        const string Script =
            "import os, socket, sys; s = socket.socket(); s.fileno() == 3 or os.dup2(s.fileno(), 3); os.set_inheritable(3, True); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execvp(sys.argv[1], sys.argv[1:])";
        await using var causeway = CausewayProcess.Create();

        await using var process = ChildProcess.Start(
            Needs.Python(), ["-c", Script, "dotnet", Path.Combine(AppContext.BaseDirectory, "causeway.dll")], causeway.Directory);

        Assert.Equal(3, await process.ExitAsync());
        Assert.Contains("descriptor 3, which does not accept connections", process.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Text, StringComparison.Ordinal);
    }

    private static async Task<ChildProcess> ManagerAsync(CausewayProcess causeway, string address, params string[] arguments)
    {
        var manager = ChildProcess.Start(
            Needs.Python(),
            [
                Path.Combine(AppContext.BaseDirectory, "Lifecycle", "socket_manager.py"), address, causeway.Port.ToString(CultureInfo.InvariantCulture), "causeway",
                "dotnet", Path.Combine(AppContext.BaseDirectory, "causeway.dll"), .. arguments,
            ],
            causeway.Directory,
            causeway.Environment);
        await manager.TellsAsync("there");
        return manager;
    }

    private static Task ReadyAsync(CausewayProcess causeway) => Eventually.Equal(200, async () => (await causeway.GetAsync("/ready")).Status);

    private static Task AnswersAsync(Counts counts, int more)
    {
        var enough = Volatile.Read(ref counts.Answered) + more;
        return Eventually.True(() => Volatile.Read(ref counts.Answered) >= enough, what: $"{more} more answers");
    }

    /// <summary>Asks again and again, each time over a connection of its own.</summary>
    private static async Task AskAsync(int port, Counts counts, CancellationToken stop)
    {
        var request = Encoding.ASCII.GetBytes($"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        while (!stop.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync("127.0.0.1", port, CancellationToken.None);
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref counts.Refused);
                continue;
            }

            _ = await IsAnsweredAsync(socket, request) ? Interlocked.Increment(ref counts.Answered) : Interlocked.Increment(ref counts.Unanswered);
        }
    }

    private static async Task<bool> IsAnsweredAsync(Socket socket, byte[] request)
    {
        try
        {
            await socket.SendAsync(request);
            var answer = new StringBuilder();
            var buffer = new byte[4_096];
            while (await socket.ReceiveAsync(buffer).WaitAsync(Limits.Test) is > 0 and var count)
            {
                answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }

            return answer.ToString() is var text && text.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) && text.EndsWith("""{"status":"ok"}""", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class Counts
    {
        public int Answered;
        public int Refused;
        public int Unanswered;
    }
}
