using System.Text.RegularExpressions;
using Causeway.Testing;

namespace Causeway.EndToEnd.Samples;

/// <summary>D12: the sample that kills one of three nodes and has a checker read every client's log.</summary>
public sealed class ClusterSampleTests
{
    [Fact]
    public async Task Run_WithTheService_EndsWithAGoodVerdictAndLeavesNothing()
    {
        await using var sample = Start(RabbitBroker.Missing is null ? "rabbitmq" : "postgres");

        var exit = await sample.ExitAsync(Limits.Phase);

        Assert.True(exit == 0, sample.Text);
        Assert.Equal("VERDICT: every client has the exact log.", sample.Output[^1]);
        Assert.Contains("missing 0, clients with a gap, a double or another order 0, with another log 0, not recovered 0", sample.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(Regex.Match(sample.Text, "PostgreSQL at (.*)").Groups[1].Value)));
        using var client = new HttpClient { Timeout = Limits.Test };
        foreach (Match node in Regex.Matches(sample.Text, @"http://127\.0\.0\.1:\d+"))
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri(node.Value), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Run_BackplaneThereIsNone_SaysWhichThereAre()
    {
        await using var sample = Start("pigeons");

        Assert.Equal(1, await sample.ExitAsync(Limits.Phase));
        Assert.Contains("there is no backplane pigeons: postgres or rabbitmq", sample.Text, StringComparison.Ordinal);
    }

    private static ChildProcess Start(string backplane)
    {
        Needs.Curl();
        Needs.Python();
        Needs.Postgres();
        return ChildProcess.Start(
            "bash",
            [Needs.Checkout("samples", "cluster", "run"), backplane],
            AppContext.BaseDirectory,
            new Dictionary<string, string?> { ["CAUSEWAY"] = $"dotnet {Path.Combine(AppContext.BaseDirectory, "causeway.dll")}", ["NO_COLOR"] = "1", ["ASPNETCORE_URLS"] = null });
    }
}
