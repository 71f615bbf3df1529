using Causeway.Http;
using Causeway.Testing;

namespace Causeway.Server.Tests;

/// <summary>G1: one friendly screen; the admin token for a person at a terminal only.</summary>
public sealed class FirstScreenTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Describe_Local_SaysWhereToLookAndNoSecret()
    {
        var (screen, token) = Describe(isTerminal: true, ["http://127.0.0.1:8080"]);

        foreach (var word in new[] { "http://127.0.0.1:8080/", "ws://127.0.0.1:8080/ws", "/sse", "/docs", ServerApp.Version, _directory["data"], "local", "Ctrl+C" })
        {
            Assert.Contains(word, screen, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(token, screen, StringComparison.Ordinal);
        Assert.True(screen.Split('\n').Length < 25);
    }

    [Fact]
    public void Describe_RoutesAndStreams_SayWhereTheyAre()
    {
        var (screen, _) = Describe(
            isTerminal: true,
            ["http://127.0.0.1:8080"],
            "--Relay:Routes:0:Path=/app/{**rest}", "--Relay:Routes:0:Backend=app", "--Relay:Backends:app:Urls=http://127.0.0.1:1", "--Streams:Sources:build:Path=build.jsonl");

        Assert.Contains("http://127.0.0.1:8080/app/{**rest} -> app", screen, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080/api/v1/streams/build/events", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_ExposedAtATerminal_HasTheLink()
    {
        var (screen, token) = Describe(isTerminal: true, ["http://0.0.0.0:8080"], "--Server:Urls=http://0.0.0.0:8080");

        Assert.Contains($"http://localhost:8080/#t={token}", screen, StringComparison.Ordinal);
        Assert.Contains("exposed", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_ExposedInALog_NamesTheFileOnly()
    {
        var (screen, token) = Describe(isTerminal: false, ["http://0.0.0.0:8080"], "--Server:Urls=http://0.0.0.0:8080");

        Assert.DoesNotContain(token, screen, StringComparison.Ordinal);
        Assert.Contains(AdminToken.FileName, screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_PublicUrl_IsWhereToClick()
    {
        var (screen, token) = Describe(isTerminal: true, ["http://127.0.0.1:8080"], "--Server:PublicUrl=https://live.example");

        Assert.Contains($"https://live.example/#t={token}", screen, StringComparison.Ordinal);
        Assert.Contains("wss://live.example/ws", screen, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_DocsOff_DoesNotSendAnybodyThere() =>
        Assert.DoesNotContain("/docs", Describe(isTerminal: true, ["http://127.0.0.1:8080"], "--Server:Docs=off").Screen, StringComparison.Ordinal);

    [Fact]
    public void Describe_Site_IsBesideTheConsole()
    {
        _directory.Write("dist/index.html", "");

        var (screen, _) = Describe(isTerminal: true, ["http://127.0.0.1:8080"], "--Relay:Site:Directory=dist");

        Assert.Contains($"http://127.0.0.1:8080/  ({_directory["dist"]})", screen, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080/_console/", screen, StringComparison.Ordinal);
        Assert.Contains("Server:AdminUrls", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_AdminAddress_IsTheConsolesAndTheDocs()
    {
        var (screen, token) = Describe(
            isTerminal: true, ["http://0.0.0.0:8080", "http://127.0.0.1:8081"], "--Server:Urls=http://0.0.0.0:8080", "--Server:AdminUrls=http://127.0.0.1:8081");

        Assert.Contains($"http://127.0.0.1:8081/#t={token}", screen, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8081/docs", screen, StringComparison.Ordinal);
        Assert.Contains("ws://localhost:8080/ws", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("http://localhost:8080/#t=", screen, StringComparison.Ordinal);
    }

    private (string Screen, string Token) Describe(bool isTerminal, string[] addresses, params string[] args)
    {
        var settings = ServerSettings.Load(args, RunningServer.Look(_directory.Path));
        var options = new ExposureOptions();
        settings.Apply(options);
        var token = AdminToken.LoadOrCreate(settings.DataDirectory);
        return (FirstScreen.Describe(settings, Exposure.Decide(options), token, addresses, isTerminal), token.Value);
    }
}
