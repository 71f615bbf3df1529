using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests;

/// <summary>A real server that relays to the backends of a test.</summary>
internal static class RelayFront
{
    /// <summary>Relays everything to one backend at these addresses.</summary>
    public static Task<TestServer> StartAsync(params Uri[] backends) => StartAsync(_ => { }, backends);

    /// <inheritdoc cref="StartAsync(Uri[])"/>
    /// <param name="configure">Changes the backend.</param>
    /// <param name="backends">Its addresses.</param>
    public static Task<TestServer> StartAsync(Action<BackendOptions> configure, params Uri[] backends) =>
        StartAsync(relay => Add(relay, "/{**rest}", "app", configure, backends));

    /// <summary>Relays as the options say.</summary>
    public static Task<TestServer> StartAsync(
        Action<RelayOptions> relay,
        Action<WebApplication>? before = null,
        Action<WebApplicationBuilder>? build = null,
        HttpProtocols protocols = HttpProtocols.Http1) =>
        TestServer.StartAsync(
            app =>
            {
                before?.Invoke(app);
                app.MapRelay();
            },
            builder =>
            {
                builder.Services.AddRelay(relay);
                build?.Invoke(builder);
            },
            protocols);

    /// <summary>Adds a route that anyone may use, and its backend.</summary>
    public static void Add(RelayOptions relay, string path, string name, Action<BackendOptions> configure, params Uri[] backends)
    {
        var backend = new BackendOptions();
        foreach (var url in backends)
        {
            backend.Urls.Add(url.ToString());
        }

        configure(backend);
        relay.Backends[name] = backend;
        relay.Routes.Add(new RouteOptions { Path = path, Backend = name, Access = "anyone" });
    }
}
