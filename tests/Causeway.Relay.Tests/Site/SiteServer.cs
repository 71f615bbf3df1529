using System.Globalization;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay.Tests.Site;

/// <summary>A built site behind a real server that also has a small API.</summary>
internal sealed class SiteServer : IAsyncDisposable
{
    public const string Page = "<!doctype html><title>app</title>";
    private readonly TestServer _server;

    private SiteServer(TempDirectory files, TestServer server) => (Files, _server) = (files, server);

    /// <summary>Holds <c>dist/</c>, the site, and what is beside it.</summary>
    public TempDirectory Files { get; }

    public LogProbe Logs => _server.Logs;

    public Uri Address => _server.BaseAddress;

    /// <summary>The full path of a file of the site.</summary>
    public string this[string name] => Files[Path.Combine("dist", name)];

    public static async Task<SiteServer> StartAsync(Action<SiteOptions>? configure = null, Action<TempDirectory>? prepare = null)
    {
        var files = new TempDirectory();
        files.Write("dist/index.html", Page);
        files.Write("dist/assets/index-BfX2a9Qz.js", "export const app = 1;");
        files.Write("dist/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        files.Write("secret.txt", "nobody's business");
        prepare?.Invoke(files);
        var options = new SiteOptions { Directory = files["dist"] };
        configure?.Invoke(options);
        try
        {
            var server = await TestServer.StartAsync(app =>
            {
                app.UseApiErrors();
                app.UseRouting();
                app.MapSite(options);
                app.MapGet("/health", static () => "ok");
                app.MapPost("/api/v1/publish", static () => "published");
                app.MapGet("/api/v1/rooms/{id}", static (string id) => id);
                app.MapDelete("/api/v1/rooms/{id}", static (string id) => id);
            });
            return new SiteServer(files, server);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request whose path goes onto the wire as it stands.</summary>
    public Task<HttpAnswer> SendAsync(string method, string path, params (string Name, string Value)[] headers)
    {
        var request = new StringBuilder();
        request.Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: {Address.Authority}\r\n");
        foreach (var (name, value) in headers)
        {
            request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return HttpAnswer.SendAsync(Address, request.Append("\r\n").ToString());
    }

    public Task<HttpAnswer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, headers);

    /// <summary>As a browser asks when a person opens an address.</summary>
    public Task<HttpAnswer> NavigateAsync(string path, string method = "GET") => SendAsync(
        method, path, ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Files.Dispose();
    }
}
