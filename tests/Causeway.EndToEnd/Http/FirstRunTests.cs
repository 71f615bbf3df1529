using Causeway.Testing;

namespace Causeway.EndToEnd.Http;

/// <summary>G1, F5: what a new user meets who has configured nothing.</summary>
public sealed class FirstRunTests
{
    [Fact]
    public async Task Start_NothingConfigured_PrintsWhereToLook()
    {
        await using var causeway = await CausewayProcess.StartAsync();

        var address = causeway.Address.GetLeftPart(UriPartial.Authority);
        await causeway.Process.LineAsync(line => line.Contains(address, StringComparison.Ordinal), "the address");
        var lines = causeway.Process.Lines.ToList();
        Assert.True(lines.Count < 20, "One screen, not more:\n" + causeway.Process.Text);
        Assert.InRange(lines.FindIndex(static line => line.Contains("is running", StringComparison.Ordinal)), 0, 3);
    }

    [Fact]
    public async Task Start_NothingConfigured_KeepsItsDataForItsOwnerOnly()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        var data = new DirectoryInfo(Path.Combine(causeway.Directory, "data"));
        Assert.True(data.Exists);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, data.UnixFileMode);
            Assert.All(
                data.EnumerateFiles("*", SearchOption.AllDirectories),
                file => Assert.True((file.UnixFileMode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0, $"{file.Name} has mode {file.UnixFileMode}"));
        }
    }

    [Fact]
    public async Task Terminate_Idle_ExitsWithZero()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();

        Assert.Equal(0, await causeway.StopAsync());
    }

    [Fact]
    public async Task Start_PortHeldByAStranger_ExitsWithFourAndNamesThePort()
    {
        await using var causeway = CausewayProcess.Create();
        using var holder = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, causeway.Port);
        holder.Start();

        var process = causeway.Launch();

        Assert.Equal(4, await process.ExitAsync());
        Assert.Contains(causeway.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), process.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("taken")]
    [InlineData("taken/below")]
    public async Task Start_DataDirectoryCantBeUsed_ExitsWithOneAndSaysWhichAndWhatToDo(string directory)
    {
        await using var causeway = CausewayProcess.Create();
        await File.WriteAllTextAsync(Path.Combine(causeway.Directory, "taken"), "a file", TestContext.Current.CancellationToken);

        await using var process = causeway.LaunchBeside("--Server:DataDirectory=" + directory);

        Assert.Equal(1, await process.ExitAsync());
        var line = Assert.Single(process.Lines);
        Assert.StartsWith($"The data directory {Path.Combine(causeway.Directory, directory)} can't be used: ", line, StringComparison.Ordinal);
        Assert.EndsWith("Give another one with --Server:DataDirectory=PATH.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ConfigurationWithTwoMistakes_ExitsWithThreeAndNamesBoth()
    {
        await using var causeway = CausewayProcess.Create("""{ "Realtime": { "HeartbeatSeconds": 0, "BacklogBytes": 1 } }""");

        var process = causeway.Launch();

        Assert.Equal(3, await process.ExitAsync());
        Assert.Contains("HeartbeatSeconds", process.Text, StringComparison.Ordinal);
        Assert.Contains("BacklogBytes", process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_UnknownFlag_ExitsWithTwo()
    {
        await using var causeway = CausewayProcess.Create("{}", "--no-such-flag");

        Assert.Equal(2, await causeway.Launch().ExitAsync());
    }
}
