using System.Text.Json;
using Causeway.Hosting;
using Causeway.Testing;

namespace Causeway.Server.Tests.Commands;

/// <summary>E1, E2: accounts and keys from the command line, beside a service that runs or will.</summary>
public sealed class AccountCommandTests : IDisposable
{
    private const string Password = "correct horse battery";

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
    public async Task UserCreate_BeforeTheFirstStart_LogsInAfterIt()
    {
        Assert.Equal(0, await RunAsync(Password, "user", "create", "--email", "Ada@Example.com", "--name", "Ada", "--role", "admin", "--password-stdin"));
        var id = _output.ToString().Trim();

        await using var server = await StartAsync();
        var session = (await LogInAsync(server, "ada@example.com")).AssertStatus(200);

        Assert.Equal(id, session.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(["admin"], session.GetProperty("user").GetProperty("roles").EnumerateArray().Select(static role => role.GetString()));
        var audit = (await server.GetAsync("/api/v1/audit?action=user.create", server.AdminToken)).AssertStatus(200).GetProperty("items")[0];
        Assert.Equal(("command", "user:" + id), (audit.GetProperty("actor").GetString(), audit.GetProperty("target").GetString()));
        Assert.DoesNotContain(Password, _output.ToString() + _error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UserCreate_WhileTheServiceRuns_IsThereAtOnce()
    {
        await using var server = await StartAsync();

        Assert.Equal(0, await RunAsync(Password, "user", "create", "--email", "ada@example.com", "--password-stdin", "--json"));

        var made = JsonElement.Parse(_output.ToString());
        Assert.Equal(["user"], made.GetProperty("roles").EnumerateArray().Select(static role => role.GetString()));
        (await LogInAsync(server, "ada@example.com")).AssertStatus(200);
    }

    [Fact]
    public async Task UserCreate_AddressOfAnother_FailsAndSaysSo()
    {
        Assert.Equal(0, await RunAsync(Password, "user", "create", "--email", "ada@example.com", "--password-stdin"));

        Assert.Equal(ExitCode.Failed, await RunAsync(Password, "user", "create", "--email", "ADA@example.com", "--password-stdin"));

        Assert.Contains("has an account already", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UserCreate_UnknownRole_FailsAndMakesNone()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(Password, "user", "create", "--email", "ada@example.com", "--role", "wizard", "--password-stdin"));
        Assert.Contains("no role wizard", _error.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync(Password, "user", "create", "--email", "ada@example.com", "--password-stdin"));
    }

    [Theory]
    [InlineData("ada", "a good password", "--email must be an e-mail address")]
    [InlineData("ada@example.com", "short", "The password:")]
    [InlineData("ada@example.com", "", "The password:")]
    [InlineData("ada@example.com", "password", "The password:")]
    public async Task UserCreate_BadAddressOrPassword_IsUsage(string email, string password, string said)
    {
        Assert.Equal(ExitCode.Usage, await RunAsync(password, "user", "create", "--email", email, "--password-stdin"));

        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task TokenRotate_ServiceStartsAfter_TakesTokensOfBothKeys()
    {
        string before;
        await using (var server = await StartAsync())
        {
            before = server.TokenFor("ann");
        }

        Assert.Equal(0, await RunAsync("", "token", "rotate", "--json"));
        var rotated = JsonElement.Parse(_output.ToString());
        Assert.Equal(1, rotated.GetProperty("earlier").GetArrayLength());

        await using var again = await StartAsync();
        var after = again.TokenFor("ann");
        Assert.Equal(rotated.GetProperty("key_id").GetString(), KeyOf(after));
        Assert.NotEqual(KeyOf(before), KeyOf(after));
        (await again.GetAsync("/api/v1/auth/me", before)).AssertStatus(200);
        (await again.GetAsync("/api/v1/auth/me", after)).AssertStatus(200);
    }

    /// <summary>A node that has not heard of the new key looks for it when a token names it.</summary>
    [Fact]
    public async Task TokenRotate_ServiceRuns_TakesATokenOfTheNewKey()
    {
        await using var server = await StartAsync();
        var before = server.TokenFor("ann");
        Assert.Equal(0, await RunAsync("", "token", "rotate"));
        Assert.Contains("1 earlier still verify", _output.ToString(), StringComparison.Ordinal);
        var printed = _output.ToString().Length;
        Assert.Equal(0, await RunAsync("", "token", "create", "--user", "ben"));

        var fresh = _output.ToString()[printed..].Trim();
        await Eventually.Equal(200, async () => (await server.GetAsync("/api/v1/auth/me", fresh)).Status);
        (await server.GetAsync("/api/v1/auth/me", before)).AssertStatus(200);
    }

    [Fact]
    public async Task TokenRotate_KeysAreConfigured_SaysWhereAndChangesNothing()
    {
        _directory.Write("causeway.json", $$"""{ "Auth": { "SigningKeys": [{ "Id": "a", "Key": "{{Convert.ToBase64String(new byte[32])}}" }] } }""");

        Assert.Equal(ExitCode.Failed, await RunAsync("", "token", "rotate"));

        Assert.Contains("Auth:SigningKeys", _error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["data/signing.key"]));
    }

    [Fact]
    public async Task TokenRotate_KeyFileDamaged_SaysWhichFile()
    {
        _directory.Write("data/signing.key", "not a key\n");

        Assert.Equal(ExitCode.Configuration, await RunAsync("", "token", "rotate"));

        Assert.Contains("signing.key", _error.ToString(), StringComparison.Ordinal);
    }

    private static string KeyOf(string token) => JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[0])).GetProperty("kid").GetString()!;

    private static Task<HttpAnswer> LogInAsync(RunningServer server, string email) =>
        server.PostAsync("/api/v1/auth/login", $$"""{"email":"{{email}}","password":"{{Password}}"}""");

    private Task<RunningServer> StartAsync() => RunningServer.StartInAsync(_directory, """{ "Auth": { "Mode": "required" } }""");

    private Task<int> RunAsync(string input, params string[] args) => CommandLine.RunAsync(
        args, _output, _error, isTerminal: false, RunningServer.Look(_directory.Path), input: new StringReader(input + "\n")).Within();
}
