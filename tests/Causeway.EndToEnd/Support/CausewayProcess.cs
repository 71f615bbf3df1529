using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd;

/// <summary>The real program in a process, a directory and on a port of its own. Many can run side by side.</summary>
internal sealed class CausewayProcess : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string[] _arguments;
    private ChildProcess? _process;

    private CausewayProcess(JsonObject configuration, string[] arguments)
    {
        Port = FreePort.Next();
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"{(arguments.Contains("--https") ? "https" : "http")}://127.0.0.1:{Port}"));
        var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };

        // Over TLS the certificate is the server's own, or looked at by the test itself.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => Address.IsLoopback;
        Client = new HttpClient(handler) { BaseAddress = Address, Timeout = Limits.Test };
        _arguments = arguments;
        var server = configuration["Server"] as JsonObject ?? [];
        server["Urls"] ??= Address.GetLeftPart(UriPartial.Authority);
        server["DrainSeconds"] ??= 0;
        configuration["Server"] = server;
        _directory.Write("causeway.json", configuration.ToJsonString(new JsonSerializerOptions { WriteIndented = true }).Replace("{port}", Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    /// <summary>The port it was told to listen on.</summary>
    public int Port { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client with <see cref="Address"/> as its base; keeps no cookies, follows no redirects.</summary>
    public HttpClient Client { get; }

    /// <summary>Its working directory: <c>causeway.json</c> and <c>data/</c> are in it.</summary>
    public string Directory => _directory.Path;

    /// <summary>Environment variables of the next start, besides the test's own.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>The process.</summary>
    public ChildProcess Process => _process ?? throw new InvalidOperationException("Not started.");

    /// <summary>The address of a path with <c>ws:</c>.</summary>
    public Uri WebSocket => new(string.Create(CultureInfo.InvariantCulture, $"{(Address.Scheme == "https" ? "wss" : "ws")}://127.0.0.1:{Port}/ws"));

    /// <summary>The admin token, as the data directory keeps it.</summary>
    public string AdminToken => File.ReadAllText(Path.Combine(Directory, "data", "admin-token")).Trim();

    /// <summary>Starts the program and waits until it is ready.</summary>
    /// <param name="configuration">The text of <c>causeway.json</c>; address and a drain of 0 s are added where it has none, and <c>{port}</c> becomes the server's own.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<CausewayProcess> StartAsync(string configuration = "{}", params string[] arguments)
    {
        var causeway = Create(configuration, arguments);
        try
        {
            await causeway.StartAgainAsync();
            return causeway;
        }
        catch
        {
            await causeway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Prepares directory and port without starting.</summary>
    public static CausewayProcess Create(string configuration = "{}", params string[] arguments) =>
        new(JsonNode.Parse(configuration)!.AsObject(), arguments);

    /// <summary>Starts the program on the same port and directory, and waits until it is ready.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await Eventually.True(IsReadyAsync, what: "the server is ready");
    }

    /// <summary>Starts the program without waiting.</summary>
    public ChildProcess Launch() => _process = LaunchBeside(_arguments);

    /// <summary>Starts the program once more in the same directory, without waiting; whoever asks for it ends it.</summary>
    /// <param name="arguments">The command line.</param>
    public ChildProcess LaunchBeside(params string[] arguments)
    {
        var environment = new Dictionary<string, string?>
        {
            ["DOTNET_gcServer"] = null,
            ["ASPNETCORE_URLS"] = null,
            ["NO_COLOR"] = "1",

            // Hundreds of starts: nothing here looks at what these two protect or speed up later.
            ["DOTNET_EnableWriteXorExecute"] = "0",
            ["DOTNET_TieredPGO"] = "0",
        };
        foreach (var (name, value) in Environment)
        {
            environment[name] = value;
        }

        return ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "causeway.dll"), .. arguments], Directory, environment);
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        Process.Process.Send(Signal.Kill);
        await Process.ExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task<int> StopAsync()
    {
        Process.Process.Send(Signal.Terminate);
        return await Process.ExitAsync();
    }

    /// <summary>Sends a request with an optional JSON body and returns the whole answer.</summary>
    public async Task<HttpAnswer> SendAsync(
        HttpMethod method, string path, string? json = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Client.SendAsync(request);
        var lines = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpAnswer((int)response.StatusCode, lines, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>GET.</summary>
    public Task<HttpAnswer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, headers: headers);

    /// <summary>POST with a JSON body.</summary>
    public Task<HttpAnswer> PostAsync(string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, json, headers: headers);

    /// <summary>Publishes over HTTP; fails unless the answer is 201.</summary>
    public async Task<JsonElement> PublishAsync(string room, string type, string payload)
    {
        var answer = await PostAsync($"/api/v1/rooms/{room}/messages", $$"""{"type":"{{type}}","payload":{{payload}}}""");
        Assert.True(answer.Status == 201, $"{answer.Status}: {answer.Text}");
        return answer.Json;
    }

    /// <summary>Connects a client of the live protocol.</summary>
    public Task<LiveClient> ConnectAsync(RawHandshake? handshake = null) => LiveClient.ConnectAsync(Address, handshake);

    /// <summary>Opens an event stream of rooms.</summary>
    public Task<SseReader> StreamAsync(string query, string? lastEventId = null, int? receiveBufferBytes = null) =>
        SseReader.OpenAsync(new Uri(Address, "/sse?" + query), lastEventId, receiveBufferBytes: receiveBufferBytes);

    /// <summary>One value of <c>/metrics</c>; null where there is no such line.</summary>
    /// <param name="series">Name and labels as they stand in the text.</param>
    public async Task<double?> MetricAsync(string series)
    {
        var line = (await GetAsync("/metrics")).Text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line.AsSpan(series.Length + 1), CultureInfo.InvariantCulture);
    }

    /// <summary>SIGKILL to it and to all that it started: what a test says of an orderly end it sees by <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (Process.Process.HasExited)
        {
            throw new InvalidOperationException($"The server exited with {Process.Process.ExitCode}:\n{Process.Text}");
        }

        try
        {
            using var response = await Client.GetAsync("/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
