using System.Text.RegularExpressions;
using Causeway.Testing;

namespace Causeway.EndToEnd.Samples;

/// <summary>E1, D3, F7: the sample that shows accounts, rooms, files and lists with curl alone.</summary>
public sealed class AccountsSampleTests
{
    private static readonly string[] Steps =
    [
        "Start the service", "Ada registers", "She makes a room", "She uploads a file", "She publishes", "What is in the room", "Bob registers", "Ada lets him in", "Lists", "Rooms come in from CSV",
        "The audit log", "Ada logs out",
    ];

    [Fact]
    public async Task Run_WithTheService_ShowsEveryStepAndLeavesNothing()
    {
        using var directory = new TempDirectory();
        await using var sample = Start(directory, $"dotnet {Path.Combine(AppContext.BaseDirectory, "causeway.dll")}");

        var exit = await sample.ExitAsync(Limits.Phase);
        var said = string.Join('\n', sample.Output);

        Assert.True(exit == 0, sample.Text);
        Assert.Equal(Steps, Regex.Matches(said, "^== (.*)$", RegexOptions.Multiline).Select(static match => Steps.FirstOrDefault(step => match.Groups[1].Value.StartsWith(step, StringComparison.Ordinal)) ?? match.Value));
        Assert.Contains("-> 403 {\"error\":{\"code\":\"FORBIDDEN\"", said, StringComparison.Ordinal);
        Assert.Contains("-> 200 Beans, peas, and a row of sunflowers.", said, StringComparison.Ordinal);
        Assert.Contains("team:garden,team,The garden,", said, StringComparison.Ordinal);
        Assert.Contains("\"line\":3,\"column\":\"room_id\"", said, StringComparison.Ordinal);
        Assert.Contains("room.grant,room:team:garden,success", said, StringComparison.Ordinal);
        Assert.EndsWith("All of it went as it should.", said, StringComparison.Ordinal);

        // No secret is shown, and neither the service nor its data are left.
        Assert.DoesNotContain("cwr_", said, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
        using var client = new HttpClient { Timeout = Limits.Test };
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri(Regex.Match(said, @"http://127\.0\.0\.1:\d+").Value), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_ServiceThatDoesNotStart_SaysSoAndLeavesNothing()
    {
        using var directory = new TempDirectory();
        await using var sample = Start(directory, $"dotnet {Path.Combine(AppContext.BaseDirectory, "causeway.dll")} --Auth:Mode=sometimes");

        var exit = await sample.ExitAsync(Limits.Phase);

        Assert.Equal(1, exit);
        Assert.Contains("FAILED: it ended at once", sample.Text, StringComparison.Ordinal);
        Assert.Contains("Auth:Mode", sample.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    private static ChildProcess Start(TempDirectory directory, string causeway)
    {
        Needs.Curl();
        return ChildProcess.Start(
            "sh",
            [Needs.Checkout("samples", "accounts", "run.sh")],
            directory.Path,
            new Dictionary<string, string?> { ["CAUSEWAY"] = causeway, ["TMPDIR"] = directory.Path, ["NO_COLOR"] = "1", ["DOTNET_gcServer"] = null, ["ASPNETCORE_URLS"] = null });
    }
}
