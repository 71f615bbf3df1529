using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Transfers;

/// <summary>A server that asks everybody for a credential, for all tests of a class.</summary>
public sealed class TransferServer : IAsyncLifetime
{
    public const int Quota = 2_000;

    public static readonly string Configuration = $$"""
        { "Auth": { "Mode": "required" }, "RateLimits": { "Enabled": false }, "Files": { "QuotaBytesPerUser": {{Quota}} } }
        """;

    // As many as a database has (DatabaseOptions.Streams).
    private const int Streams = 16;

    private RunningServer? _server;

    internal RunningServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(Configuration);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Takes all streams of the database, so that whatever reads a list as a whole waits until they are given back.</summary>
    internal static async Task<IAsyncDisposable> HoldStreamsAsync(RunningServer server)
    {
        var held = new HeldStreams();
        for (var i = 0; i < Streams; i++)
        {
            var stream = server.App.Services.GetRequiredService<Database>().StreamAsync<long>("SELECT 1 AS one UNION ALL SELECT 2").GetAsyncEnumerator();
            held.Streams.Add(stream);
            Assert.True(await stream.MoveNextAsync());
        }

        return held;
    }

    private sealed class HeldStreams : IAsyncDisposable
    {
        public List<IAsyncEnumerator<long>> Streams { get; } = [];

        public async ValueTask DisposeAsync()
        {
            foreach (var stream in Streams)
            {
                await stream.DisposeAsync();
            }
        }
    }
}

/// <summary>What tests ask of exports and imports.</summary>
internal static class TransferCalls
{
    /// <summary>A job, once it is in a state.</summary>
    public static async Task<JsonElement> UntilJobAsync(this RunningServer server, string job, string state)
    {
        var path = $"/api/v1/jobs/{job}";
        await Eventually.Equal(state, async () => (await server.GetAsync(path, server.AdminToken)).AssertStatus(200).GetProperty("job").GetProperty("state").GetString());
        return (await server.GetAsync(path, server.AdminToken)).AssertStatus(200).GetProperty("job");
    }

    public static string Word(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>A user of another system with a token.</summary>
    public static (string Id, string Token) NewUser(this RunningServer server, params string[] permissions)
    {
        var id = "user-" + Guid.NewGuid().ToString("N");
        return (id, server.TokenFor(id, null, permissions));
    }

    /// <summary>An account with a session, and a role of its own with these permissions.</summary>
    public static async Task<(string Id, string Token, string Role)> AddAccountAsync(this RunningServer server, params string[] permissions)
    {
        var (role, email) = ("role-" + Guid.NewGuid().ToString("N")[..8], $"{Guid.NewGuid():N}@example.com");
        Assert.InRange((await server.SendAsync(HttpMethod.Put, "/api/v1/roles/" + role, JsonSerializer.Serialize(new { permissions }), server.AdminToken)).Status, 200, 201);
        var id = (await server.PostAsync("/api/v1/users", $$"""{"email":"{{email}}","password":"correct horse battery","roles":["user","{{role}}"]}""", server.AdminToken)).AssertStatus(201).Word("id");
        var session = (await server.PostAsync("/api/v1/auth/login", $$"""{"email":"{{email}}","password":"correct horse battery"}""")).AssertStatus(200);
        return (id, session.Word("access_token"), role);
    }

    public static async Task<string> UploadAsync(this RunningServer server, string content, string token, string type = "text/plain")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/files?name=a.csv") { Content = new StringContent(content, Encoding.UTF8, type) };
        request.Headers.Authorization = new("Bearer", token);
        using var response = await server.Client.SendAsync(request);
        Assert.Equal(201, (int)response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).Word("id");
    }

    /// <summary>The field that a request is refused for.</summary>
    public static string AssertRefusedField(this HttpAnswer answer) =>
        Assert.Single(answer.AssertError(422, "VALIDATION_ERROR").GetProperty("fields").EnumerateObject()).Name;

    /// <summary>Bytes that lie in the files' directory under a file's id or on their way.</summary>
    public static int CountBytesOf(this RunningServer server, string file) =>
        Directory.EnumerateFiles(server.Settings.FilesDirectory, file, SearchOption.AllDirectories).Count() + Directory.EnumerateFiles(Path.Combine(server.Settings.FilesDirectory, "incoming")).Count();
}
