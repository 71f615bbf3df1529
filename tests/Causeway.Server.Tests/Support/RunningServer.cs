using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Causeway.Hosting;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Server.Tests;

/// <summary>The whole program inside the test's process: real Kestrel, a free port, a data directory of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    // The same for every server but for its own address, and the slowest thing to ask for.
    private static JsonElement? _description;

    private readonly TempDirectory _directory;
    private readonly bool _ownsDirectory;

    private RunningServer(TempDirectory directory, bool ownsDirectory, ServerSettings settings, WebApplication app, LogProbe logs)
    {
        _directory = directory;
        _ownsDirectory = ownsDirectory;
        Settings = settings;
        App = app;
        Logs = logs;
        Address = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address, Timeout = Limits.Test };
    }

    public ServerSettings Settings { get; }

    public WebApplication App { get; }

    public LogProbe Logs { get; }

    public Uri Address { get; }

    /// <summary>Its working directory.</summary>
    public string Directory => _directory.Path;

    public HttpClient Client { get; }

    public string AdminToken => App.Services.GetRequiredService<Causeway.Http.AdminToken>().Value;

    /// <summary>Starts the program.</summary>
    /// <param name="configuration">The text of <c>causeway.json</c>.</param>
    /// <param name="arguments">The command line, besides the address.</param>
    public static Task<RunningServer> StartAsync(string configuration = "{}", params string[] arguments) => StartAsync(configuration, static _ => { }, arguments);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="configuration">The text of <c>causeway.json</c>.</param>
    /// <param name="configure">Changes the builder last.</param>
    /// <param name="arguments">The command line, besides the address.</param>
    public static Task<RunningServer> StartAsync(string configuration, Action<WebApplicationBuilder> configure, params string[] arguments) =>
        StartAsync(new TempDirectory(), ownsDirectory: true, configuration, configure, arguments);

    /// <summary>Starts the program in a directory that outlives it, so that it can be started there again.</summary>
    public static Task<RunningServer> StartInAsync(TempDirectory directory, string configuration = "{}", params string[] arguments) =>
        StartAsync(directory, ownsDirectory: false, configuration, static _ => { }, arguments);

    private static async Task<RunningServer> StartAsync(
        TempDirectory directory, bool ownsDirectory, string configuration, Action<WebApplicationBuilder> configure, string[] arguments)
    {
        directory.Write("causeway.json", configuration);
        string[] address = NamesAddress(configuration) ? [] : ["--Server:Urls=http://127.0.0.1:0"];
        var settings = ServerSettings.Load([.. arguments, .. address, "--Server:DrainSeconds=0"], Look(directory.Path));
        var logs = new LogProbe();
        var app = ServerApp.Build(settings, builder =>
        {
            builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(logs);
            configure(builder);
        });
        await app.StartAsync().Within();
        return new RunningServer(directory, ownsDirectory, settings, app, logs);
    }

    private static bool NamesAddress(string configuration)
    {
        using var file = JsonDocument.Parse(configuration, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return file.RootElement.TryGetProperty("Server", out var server) && server.TryGetProperty("Urls", out _);
    }

    /// <summary>Surroundings without anything in them.</summary>
    public static CausewayConfigurationSettings Look(string directory, params (string Name, string Value)[] variables) => new()
    {
        WorkingDirectory = directory,
        Variables = variables.ToDictionary(static pair => pair.Name, static pair => (string?)pair.Value),
    };

    /// <summary>Signs a token with this server's key.</summary>
    public string TokenFor(string userId, string[]? roles = null, params string[] permissions) =>
        App.Services.GetRequiredService<AccessTokens>().Issue(userId, userId + " the user", roles ?? [], permissions, TimeSpan.FromMinutes(5));

    /// <summary>Sends a request; fails when an answer of the API has a status that the OpenAPI document does not declare.</summary>
    public async Task<HttpAnswer> SendAsync(HttpMethod method, string path, string? json = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var answer = await SendAsync(request);
        await AssertDeclaredAsync(method, path, answer.Status);
        return answer;
    }

    public Task<HttpAnswer> GetAsync(string path, string? token = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, token, headers);

    public Task<HttpAnswer> PostAsync(string path, string json, string? token = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, json, token, headers);

    public Task<HttpAnswer> PatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, json);

    public Task<HttpAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<LiveClient> ConnectAsync(string? token = null) => LiveClient.ConnectAsync(
        Address, token is null ? null : new RawHandshake { Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + token } });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(Limits.Test);
        await App.StopAsync(limit.Token);
        await App.DisposeAsync();
        if (_ownsDirectory)
        {
            _directory.Dispose();
        }
    }

    private async Task<HttpAnswer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpAnswer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    private async Task AssertDeclaredAsync(HttpMethod method, string path, int status)
    {
        if (!path.StartsWith("/api/", StringComparison.Ordinal) || !Settings.ServesDocs)
        {
            return;
        }

        if (_description is not { } description)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
            _description = description = (await SendAsync(request)).Json;
        }

        var segments = path.Split('?')[0].Split('/');
        foreach (var item in description.GetProperty("paths").EnumerateObject())
        {
            var template = item.Name.Split('/');
            var matches = template.Length == segments.Length && template.Zip(segments).All(static pair => pair.First.StartsWith('{') || pair.First == pair.Second);
            if (matches && item.Value.TryGetProperty(method.Method.ToLowerInvariant(), out var operation))
            {
                Assert.True(
                    operation.GetProperty("responses").TryGetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out _),
                    $"{method} {item.Name} answered {status}, which the OpenAPI document does not declare.");
                return;
            }
        }
    }
}
