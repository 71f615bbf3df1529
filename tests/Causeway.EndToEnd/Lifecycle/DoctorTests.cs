using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A1: the port doctor, as text and as JSON.</summary>
public sealed class DoctorTests
{
    private const int Free = 0;
    private const int Held = 4;

    [Fact]
    public async Task Port_Free_ExitsWithZero()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();

        var (code, report) = await AskAsync(causeway);

        Assert.Equal(Free, code);
        Assert.False(report.GetProperty("held").GetBoolean());
        Assert.Equal(0, report.GetProperty("holders").GetArrayLength());
        Assert.False(Directory.Exists(Path.Combine(causeway.Directory, "data")), "It only looks.");
    }

    [Fact]
    public async Task Port_OwnInstanceServes_IsToldWithProofAndStaysUnharmed()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        var (code, report) = await AskAsync(causeway);

        Assert.Equal(Held, code);
        var holder = Assert.Single(report.GetProperty("holders").EnumerateArray());
        Assert.Equal("this_service", holder.GetProperty("kind").GetString());
        Assert.Equal(causeway.Process.Process.Id, holder.GetProperty("pid").GetInt32());
        Assert.Contains("start time", holder.GetProperty("evidence").GetString(), StringComparison.Ordinal);
        Assert.Contains("Start the service again", report.GetProperty("actions")[0].GetString(), StringComparison.Ordinal);
        var socket = holder.GetProperty("sockets").EnumerateArray().First(static socket => socket.GetProperty("remote").ValueKind == JsonValueKind.Null);
        Assert.Equal(("LISTEN", $"127.0.0.1:{causeway.Port}"), (socket.GetProperty("state").GetString(), socket.GetProperty("local").GetString()));
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task Port_SocketWasInherited_NamesEveryProcessThatHasIt()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        await using var parent = await Stranger.ListeningWithAChildAsync(causeway.Port);
        var child = int.Parse(await parent.TellsAsync("there"), CultureInfo.InvariantCulture);

        var (code, report) = await AskAsync(causeway);

        Assert.Equal(Held, code);
        var holders = report.GetProperty("holders").EnumerateArray().ToList();
        Assert.Equal(new[] { parent.Process.Id, child }.Order(), holders.Select(static holder => holder.GetProperty("pid").GetInt32()).Order());
        Assert.All(holders, static holder => Assert.Equal("stranger", holder.GetProperty("kind").GetString()));
        parent.AssertUnharmed();
    }

    [Fact]
    public async Task Port_ClientConnectionUsesIt_SaysWhatItIsConnectedTo()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create();
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        await using var stranger = await Stranger.ConnectedAsync(causeway.Port, ((IPEndPoint)peer.LocalEndpoint).Port);

        await using var doctor = causeway.LaunchBeside("doctor", "port", Text(causeway.Port));

        Assert.Equal(Held, await doctor.ExitAsync());
        foreach (var word in new[] { $"Process {stranger.Process.Id}, not this service", "python", $"ESTABLISHED 127.0.0.1:{causeway.Port} to {peer.LocalEndpoint}", "ip_local_port_range" })
        {
            Assert.Contains(word, doctor.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Doctor_InstanceRuns_LooksAtPortsAndDataDirectory()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        await using var doctor = causeway.LaunchBeside("doctor", "--json");

        Assert.Equal(Held, await doctor.ExitAsync());
        var report = JsonElement.Parse(string.Join('\n', doctor.Output));
        Assert.Equal(causeway.Port, Assert.Single(report.GetProperty("ports").EnumerateArray()).GetProperty("port").GetInt32());
        var instance = report.GetProperty("instance");
        Assert.True(instance.GetProperty("locked").GetBoolean());
        Assert.True(instance.GetProperty("proven").GetBoolean());
        Assert.Equal((causeway.Process.Process.Id, "running"), (instance.GetProperty("pid").GetInt32(), instance.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Doctor_InstanceWasKilled_SaysThatItsRecordIsOld()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        await causeway.KillAsync();

        await using var doctor = causeway.LaunchBeside("doctor");

        Assert.Equal(Free, await doctor.ExitAsync());
        Assert.Contains("is not in use", doctor.Text, StringComparison.Ordinal);
        Assert.Contains($"process {causeway.Process.Process.Id} of the record is not there", doctor.Text, StringComparison.Ordinal);
    }

    private static async Task<(int Code, JsonElement Report)> AskAsync(CausewayProcess causeway)
    {
        await using var doctor = causeway.LaunchBeside("doctor", "port", Text(causeway.Port), "--json");
        var code = await doctor.ExitAsync();
        return (code, JsonElement.Parse(string.Join('\n', doctor.Output)));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
