using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Causeway.Testing;

/// <summary>A real Kestrel on a free loopback port, with an application of the test's own.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private TestServer(WebApplication app, LogProbe logs)
    {
        App = app;
        Logs = logs;
        BaseAddress = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = BaseAddress, Timeout = Limits.Test };
    }

    /// <summary>The running application.</summary>
    public WebApplication App { get; }

    /// <summary>Its services.</summary>
    public IServiceProvider Services => App.Services;

    /// <summary>Everything it logged.</summary>
    public LogProbe Logs { get; }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>A client with <see cref="BaseAddress"/> and a time-out; disposed with the server.</summary>
    public HttpClient Client { get; }

    /// <summary>Builds and starts an application.</summary>
    /// <param name="configure">Maps endpoints and middleware.</param>
    /// <param name="build">Adds services and configuration.</param>
    /// <param name="protocols">What the listener speaks; HTTP/2 without TLS needs <see cref="HttpProtocols.Http2"/> alone.</param>
    public static async Task<TestServer> StartAsync(
        Action<WebApplication> configure, Action<WebApplicationBuilder>? build = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var logs = new LogProbe();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(logs);
        build?.Invoke(builder);
        var app = builder.Build();
        configure(app);
        try
        {
            await app.StartAsync().Within().ConfigureAwait(false);
            return new TestServer(app, logs);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The address of a path, with <c>ws:</c> in place of <c>http:</c>.</summary>
    public Uri WebSocketUri(string path = "/ws") => new UriBuilder(new Uri(BaseAddress, path)) { Scheme = "ws" }.Uri;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(Limits.Test);
        await App.StopAsync(limit.Token).ConfigureAwait(false);
        await App.DisposeAsync().ConfigureAwait(false);
    }
}
