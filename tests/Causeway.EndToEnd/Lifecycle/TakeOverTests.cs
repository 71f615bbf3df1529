using System.Globalization;
using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A1: an earlier instance is asked to stop, waited for, and followed.</summary>
public sealed class TakeOverTests
{
    private const int Failed = 1;
    private const int PortHeld = 4;

    [Fact]
    public async Task Start_EarlierInstanceServes_DrainsItAndTakesThePort()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 4 } }""");
        await using var client = await causeway.ConnectAsync();
        await using var earlier = causeway.Process;

        var later = causeway.Launch();

        Assert.Equal(0, await earlier.ExitAsync());
        await Eventually.Equal("running", () => State(causeway));
        Assert.Equal(1012, (await client.Closed.Within()).Code);
        Assert.Equal("reconnect", client.Log[^1].Type);
        await later.LineAsync(line => line.Contains(Text(earlier.Process.Id), StringComparison.Ordinal) && line.Contains("asked to stop", StringComparison.Ordinal), "who is replaced");
        Assert.Equal(later.Process.Id, Record(causeway)?.GetProperty("pid").GetInt32());
        await using var after = await causeway.ConnectAsync();
    }

    [Fact]
    public async Task Start_EarlierInstanceIsStopping_WaitsAndDoesNotSignalAgain()
    {
        Needs.Linux();
        await using var held = await HeldRequest.PrepareAsync();
        await using var causeway = await CausewayProcess.StartAsync(held.Configuration);
        await held.SendAsync(causeway);
        await using var earlier = causeway.Process;
        earlier.Process.Send(Signal.Terminate);
        await Eventually.Equal("draining", () => State(causeway));

        var later = causeway.Launch();
        await later.LineAsync(static line => line.Contains("still drains", StringComparison.Ordinal), "that it waits");
        Assert.False(earlier.Process.HasExited);

        // A second signal would have cut the request, and made the code 1.
        await held.EndAsync();
        Assert.Equal(0, await earlier.ExitAsync());
        await later.LineAsync(static line => line.Contains("is running", StringComparison.Ordinal), "that it runs");
    }

    [Fact]
    public async Task Start_SeveralAtOnce_AskTheEarlierOneOnlyOnceAndOneServes()
    {
        Needs.Linux();
        await using var held = await HeldRequest.PrepareAsync();
        await using var causeway = await CausewayProcess.StartAsync(held.Configuration);
        await held.SendAsync(causeway);
        var earlier = causeway.Process;

        List<ChildProcess> later = [.. Enumerable.Range(0, 5).Select(_ => causeway.LaunchBeside($"--Server:Urls={causeway.Address.GetLeftPart(UriPartial.Authority)}"))];
        try
        {
            await Task.WhenAll(later.Select(static one => one.LineAsync(
                static line => line.Contains("asked to stop", StringComparison.Ordinal) || line.Contains("still drains", StringComparison.Ordinal), "that it waits")));

            // A second signal would have cut the request, and made the code 1.
            await held.EndAsync();
            Assert.Equal(0, await earlier.ExitAsync());
            await Eventually.Equal(1, () => later.Count(static one => !one.Process.HasExited), Limits.Test);
            await Eventually.Equal("running", () => State(causeway));
            Assert.Equal(later.Single(static one => !one.Process.HasExited).Process.Id, Record(causeway)?.GetProperty("pid").GetInt32());
        }
        finally
        {
            foreach (var one in later)
            {
                await one.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Start_TakeOverIsNever_ExitsWithFourAndLeavesTheOtherAlone()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        await using var later = causeway.LaunchBeside("--Server:TakeOver=never");

        Assert.Equal(PortHeld, await later.ExitAsync());
        Assert.Contains("process " + Text(causeway.Process.Process.Id), later.Text, StringComparison.Ordinal);
        Assert.Contains("Server:TakeOver is never", later.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task Start_SameDirectoryOnAnotherPort_ExitsWithOneAndSaysWhoHasIt()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        await using var second = causeway.LaunchBeside($"--Server:Urls=http://127.0.0.1:{FreePort.Next()}");

        Assert.Equal(Failed, await second.ExitAsync());
        foreach (var word in new[] { "data directory", "process " + Text(causeway.Process.Process.Id), causeway.Address.GetLeftPart(UriPartial.Authority), "--Server:DataDirectory" })
        {
            Assert.Contains(word, second.Text, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task Start_AnotherInstancesPort_IsTakenByAnyOnly()
    {
        Needs.Linux();
        await using var first = await CausewayProcess.StartAsync();
        await using var second = CausewayProcess.Create();
        var address = "--Server:Urls=" + first.Address.GetLeftPart(UriPartial.Authority);

        await using (var refused = second.LaunchBeside(address))
        {
            Assert.Equal(PortHeld, await refused.ExitAsync());
            Assert.Contains("--Server:TakeOver=any", refused.Text, StringComparison.Ordinal);
            Assert.False(first.Process.Process.HasExited);
        }

        await using var taker = second.LaunchBeside(address, "--Server:TakeOver=any");
        await taker.LineAsync(static line => line.Contains("is running", StringComparison.Ordinal), "that it runs");
        Assert.Equal(0, await first.Process.ExitAsync());
    }

    [Fact]
    public async Task Start_EarlierInstanceNeverAnswers_ExitsWithFourAndDoesNotKillIt()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        causeway.Process.Process.Send(Signal.Stop);

        await using var later = causeway.LaunchBeside();

        Assert.Equal(PortHeld, await later.ExitAsync());
        Assert.Contains($"kill -9 {causeway.Process.Process.Id}", later.Text, StringComparison.Ordinal);
        Assert.False(causeway.Process.Process.HasExited);
    }

    [Fact]
    public async Task Start_EarlierInstanceIsPastItsOwnDeadline_IsKilled()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 1 } }""");
        using var pending = await RawConnection.OpenAsync(causeway.Address);
        await pending.SendAsync($"POST /api/v1/rooms/slow/messages HTTP/1.1\r\nHost: 127.0.0.1:{causeway.Port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n");
        await using var earlier = causeway.Process;
        earlier.Process.Send(Signal.Terminate);
        await Eventually.Equal("draining", () => State(causeway));
        earlier.Process.Send(Signal.Stop);

        var later = causeway.Launch();
        await later.LineAsync(static line => line.Contains("past the end it announced", StringComparison.Ordinal), "that it kills");
        await later.LineAsync(static line => line.Contains("is running", StringComparison.Ordinal), "that it runs");

        Assert.Equal(128 + (int)Signal.Kill, await earlier.ExitAsync());
    }

    private static string? State(CausewayProcess causeway) => Record(causeway)?.GetProperty("state").GetString();

    private static JsonElement? Record(CausewayProcess causeway)
    {
        try
        {
            return JsonElement.Parse(File.ReadAllText(Path.Combine(causeway.Directory, "data", "instance.json")));
        }
        catch (FileNotFoundException)
        {
            // Between two instances there is none.
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
