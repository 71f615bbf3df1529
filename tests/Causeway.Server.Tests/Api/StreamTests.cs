using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>C2 in the program: who may list and read streams, and what they are told.</summary>
public sealed class StreamTests
{
    private const string Sources = """ "Streams": { "Sources": { "build": { "Path": "build.jsonl" }, "audit": { "Path": "audit.jsonl" } } } """;

    [Fact]
    public async Task List_TwoSources_InOrderWithTheirState()
    {
        await using var server = await RunningServer.StartAsync($"{{ {Sources} }}");
        File.WriteAllText(Path.Combine(server.Directory, "build.jsonl"), "{}\n");

        var items = (await server.GetAsync("/api/v1/streams")).Json.GetProperty("items");

        Assert.Equal(["audit missing 0", "build following 3"], items.EnumerateArray().Select(static item =>
            $"{item.GetProperty("name")} {item.GetProperty("state")} {item.GetProperty("bytes")}"));
    }

    [Fact]
    public async Task Get_OneSource_ShowsReadersAndTheLastEvent()
    {
        await using var server = await RunningServer.StartAsync($"{{ {Sources} }}");
        File.WriteAllText(Path.Combine(server.Directory, "build.jsonl"), "{}\n");
        using var reader = await SseReader.OpenAsync(new Uri(server.Address, "/api/v1/streams/build/events"));
        await reader.ReadAsync("message");

        var stream = (await server.GetAsync("/api/v1/streams/build")).Json;

        Assert.Equal(1, stream.GetProperty("readers").GetInt32());
        Assert.True(stream.GetProperty("last_event_at").TryGetDateTimeOffset(out _));
        Assert.Contains("causeway_streams_readers 1", (await server.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/streams/other")]
    [InlineData("/api/v1/streams/other/events")]
    public async Task Get_UnknownSource_NotFound(string path)
    {
        await using var server = await RunningServer.StartAsync($"{{ {Sources} }}");

        (await server.GetAsync(path)).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("/api/v1/streams")]
    [InlineData("/api/v1/streams/build")]
    [InlineData("/api/v1/streams/build/events")]
    public async Task Get_ExposedWithoutCredential_Unauthorized(string path)
    {
        await using var server = await RunningServer.StartAsync($$"""{ "Auth": { "Mode": "required" }, {{Sources}} }""");

        (await server.GetAsync(path)).AssertError(401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 401)]
    public async Task Events_TokenInTheAddress_OnlyWhereAllowed(bool allowed, int status)
    {
        await using var server = await RunningServer.StartAsync(
            $$"""{ "Auth": { "Mode": "required", "AllowQueryToken": {{(allowed ? "true" : "false")}} }, {{Sources}} }""");
        using var reader = await SseReader.OpenAsync(new Uri(server.Address, "/api/v1/streams/build/events?access_token=" + server.TokenFor("ann")));

        Assert.Equal(status, reader.Head.Status);
    }

    [Fact]
    public async Task Events_AnyValidToken_IsLetIn()
    {
        await using var server = await RunningServer.StartAsync($$"""{ "Auth": { "Mode": "required" }, {{Sources}} }""");
        using var reader = await SseReader.OpenAsync(
            new Uri(server.Address, "/api/v1/streams/build/events"), headers: new Dictionary<string, string> { ["Authorization"] = "Bearer " + server.TokenFor("ann") });

        await reader.ReadAsync("waiting");
    }

    [Fact]
    public void Start_SourceWithoutAPath_IsRefusedByName()
    {
        using var directory = new TempDirectory();
        directory.Write("causeway.json", """{ "Streams": { "Sources": { "a b": { "Path": "x" }, "build": { "WaitSeconds": -1 } } } }""");

        var refused = Assert.Throws<Hosting.ConfigurationException>(() => ServerSettings.Load([], RunningServer.Look(directory.Path)));

        Assert.Equal(
            ["Streams:Sources:a b", "Streams:Sources:build:Path", "Streams:Sources:build:WaitSeconds"],
            refused.Problems.Select(static problem => problem.Key).Order(StringComparer.Ordinal));
    }
}
