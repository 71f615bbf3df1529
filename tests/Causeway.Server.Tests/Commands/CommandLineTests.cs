using System.Text.Json;
using Causeway.Hosting;
using Causeway.Identity;
using Causeway.Testing;

namespace Causeway.Server.Tests.Commands;

/// <summary>G3: one verb, one job; documented exit codes; <c>--json</c> on every read.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Version_Asked_IsTheProgramsOwn()
    {
        Assert.Equal(0, await RunAsync("--version"));
        Assert.Equal(ServerApp.Version, _output.ToString().Trim());
    }

    [Fact]
    public async Task Help_Asked_NamesTheVerbsAndExitCodes()
    {
        Assert.Equal(0, await RunAsync("--help"));
        foreach (var word in new[] { "serve", "token", "config", "health", "doctor", "--Section:Key", "4 port held" })
        {
            Assert.Contains(word, _output.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--no-such-flag")]
    [InlineData("no-such-verb")]
    [InlineData("token", "create")]
    [InlineData("token", "create", "--user", "")]
    [InlineData("token", "create", "--user", "ada", "--role", "king")]
    [InlineData("token", "create", "--user", "ada", "--permission", "every thing")]
    [InlineData("token", "create", "--user", "ada", "--minutes", "0")]
    [InlineData("token", "create", "--user", "ada", "--minutes", "soon")]
    [InlineData("config", "check", "now")]
    [InlineData("health", "--url", "here")]
    [InlineData("doctor", "port")]
    [InlineData("doctor", "port", "0")]
    [InlineData("doctor", "port", "65536")]
    [InlineData("doctor", "port", "http")]
    public async Task Run_WrongUse_ExitsWithTwoAndSaysWhy(params string[] args)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(args));
        Assert.Contains("--help", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task ConfigCheck_GoodConfiguration_SaysSo()
    {
        _directory.Write("causeway.json", """{"Server": {"DrainSeconds": 3}}""");

        Assert.Equal(ExitCode.Stopped, await RunAsync("config", "check"));
        Assert.Contains("causeway.json", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigCheck_ManyMistakes_TellsAllAndExitsWithThree()
    {
        _directory.Write("causeway.json", """{"Server": {"DrainSeconds": -3, "Porst": 1}, "Telemetry": {"Otlp": "somewhere", "OtlpHeaders": "no-secret-to-show", "OtlpProtocol": "carrier pigeon"}}""");

        Assert.Equal(ExitCode.Configuration, await RunAsync("config", "check"));
        foreach (var key in new[] { "Server:DrainSeconds", "Server:Porst", "Telemetry:Otlp ", "Telemetry:OtlpHeaders", "http/protobuf, grpc" })
        {
            Assert.Contains(key, _error.ToString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("no-secret-to-show", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigCheck_Json_HasEveryProblemWithItsPlace()
    {
        _directory.Write("causeway.json", """{"Server": {"DrainSeconds": -3, "Porst": 1}}""");

        Assert.Equal(ExitCode.Configuration, await RunAsync("config", "check", "--json"));

        using var json = JsonDocument.Parse(_output.ToString());
        Assert.False(json.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(
            [("Server:DrainSeconds", "causeway.json:1:13"), ("Server:Porst", "causeway.json:1:33")],
            json.RootElement.GetProperty("problems").EnumerateArray()
                .Select(static problem => (problem.GetProperty("key").GetString()!, problem.GetProperty("location").GetString()!)).Order());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task ConfigSchema_WrongConfiguration_IsPrintedAllTheSame()
    {
        _directory.Write("causeway.json", """{"Server": {"Porst": 1}}""");

        Assert.Equal(ExitCode.Stopped, await RunAsync("config", "schema"));
        using var json = JsonDocument.Parse(_output.ToString());
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", json.RootElement.GetProperty("$schema").GetString());
    }

    [Fact]
    public async Task ConfigShow_SecretHeaders_AreMaskedWithTheirPlace()
    {
        _directory.Write("causeway.json", """{"Telemetry": {"Otlp": "http://127.0.0.1:4318", "OtlpHeaders": "Authorization=Basic c2VjcmV0"}}""");

        Assert.Equal(ExitCode.Stopped, await RunAsync("config", "show"));
        Assert.DoesNotContain("c2VjcmV0", _output.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"Telemetry:OtlpHeaders\s+\*+\s+causeway\.json:1:\d+", _output.ToString());
    }

    [Fact]
    public async Task Serve_WrongConfiguration_ExitsWithThreeAndTellsAll()
    {
        _directory.Write("causeway.json", """{ "Realtime": { "HeartbeatSeconds": 0, "BacklogBytes": 1 }, "Webhooks": { "TimeoutSeconds": 0 } }""");

        Assert.Equal(ExitCode.Configuration, await RunAsync());
        foreach (var word in new[] { "HeartbeatSeconds", "BacklogBytes", "Webhooks:TimeoutSeconds", "causeway.json:1" })
        {
            Assert.Contains(word, _error.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Serve_KeyFileOfNoUse_ExitsWithThree()
    {
        _directory.Write("data/signing.key", "nonsense");

        Assert.Equal(ExitCode.Configuration, await RunAsync("serve", "--Server:Urls=http://127.0.0.1:0"));
        Assert.Contains("signing.key", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenCreate_Plain_PrintsATokenThatTheServerTakes()
    {
        Assert.Equal(0, await RunAsync("token", "create", "--user", "ada", "--name", "Ada", "--permission", "join:a", "--permission", "publish:b"));

        var token = _output.ToString();
        Assert.EndsWith(Environment.NewLine, token, StringComparison.Ordinal);
        var caller = await ReadAsync(token.Trim());
        Assert.Equal("ada", caller?.UserId);
        Assert.Equal("Ada", caller?.Name);
        Assert.Equal(["join:a", "publish:b"], caller?.Permissions!);
    }

    [Fact]
    public async Task TokenCreate_Json_SaysWhenItEnds()
    {
        Assert.Equal(0, await RunAsync("token", "create", "--user", "ada", "--role", "admin", "--minutes", "60", "--json"));

        var json = JsonElement.Parse(_output.ToString());
        Assert.Equal("Bearer", json.GetProperty("token_type").GetString());
        var left = json.GetProperty("expires_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow();
        Assert.InRange(left, TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(60));
        var caller = await ReadAsync(json.GetProperty("access_token").GetString()!);
        Assert.True(caller?.Permissions.IsEverything);
    }

    [Fact]
    public async Task TokenAdmin_Plain_SaysWhereAndNotWhat()
    {
        Assert.Equal(0, await RunAsync("token", "admin"));

        var path = _output.ToString().Trim();
        Assert.True(File.Exists(path), path);
        Assert.DoesNotContain((await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim(), _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenAdmin_Show_PrintsTheToken()
    {
        Assert.Equal(0, await RunAsync("token", "admin", "--show", "--json"));

        var json = JsonElement.Parse(_output.ToString());
        Assert.Equal((await File.ReadAllTextAsync(json.GetProperty("path").GetString()!, TestContext.Current.CancellationToken)).Trim(), json.GetProperty("token").GetString());
    }

    [Fact]
    public async Task ConfigShow_Secret_IsMasked()
    {
        var key = Convert.ToBase64String(new byte[32]);
        _directory.Write("causeway.json", $$"""{ "Auth": { "SigningKeys": [{ "Id": "a", "Key": "{{key}}" }] } }""");

        Assert.Equal(0, await RunAsync("config", "show", "--Server:DrainSeconds=7"));

        Assert.Contains("Server:DrainSeconds", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("flag --Server:DrainSeconds", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Auth:SigningKeys:0:Key", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(key, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigShow_Json_IsJson()
    {
        Assert.Equal(0, await RunAsync("config", "show", "--json"));

        Assert.Contains(
            JsonElement.Parse(_output.ToString()).GetProperty("values").EnumerateArray(),
            static value => value.GetProperty("key").GetString() == "Server:Urls" && value.GetProperty("source").GetString() == "default");
    }

    [Fact]
    public async Task Health_NobodyThere_ExitsWithOne()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("health", "--url", $"http://127.0.0.1:{FreePort.Next()}", "--json"));
        Assert.Equal("unreachable", JsonElement.Parse(_output.ToString()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_Running_ExitsWithZero()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(0, await RunAsync("health", $"--Server:Urls={server.Address.GetLeftPart(UriPartial.Authority)}"));
        Assert.Contains("ready", _output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Reads a token with the keys of the data directory, as the service does.</summary>
    private async Task<AccessTokenClaims?> ReadAsync(string token)
    {
        using var keys = new SigningKeys(ServerIdentity.FileKeys(ServerSettings.Load([], RunningServer.Look(_directory.Path)), TimeProvider.System), TimeProvider.System);
        return await new AccessTokens(keys, TimeProvider.System).ReadAsync(token);
    }

    private Task<int> RunAsync(params string[] args) =>
        CommandLine.RunAsync(args, _output, _error, isTerminal: false, RunningServer.Look(_directory.Path)).Within();
}
