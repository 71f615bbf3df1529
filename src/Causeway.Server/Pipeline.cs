using System.Net;
using Causeway.Http;
using Microsoft.AspNetCore.HttpOverrides;

namespace Causeway.Server;

/// <summary>The one place that says in which order a request passes what. A live connection's request stays in it for days, so nothing here keeps a state machine, a scope or a timer for it.</summary>
internal static class Pipeline
{
    /// <summary>Every step, outermost first, with why it stands there.</summary>
    public static IReadOnlyList<Step> Steps { get; } =
    [
        new("request ids", "first, so that every answer and every log line has one", static (app, _) => app.UseRequestIds()),
        new("telemetry", "around the errors, so that a span knows how its request was answered, and their log lines have its trace", static (app, _) => app.UseRequestTelemetry()),
        new("request log", "outside of everything that answers, so that it sees what was answered; off, it costs one look", static (app, _) => app.UseRequestLog()),
        new("errors", "around everything that may fail or refuse", static (app, _) => app.UseApiErrors()),
        new("forwarded headers", "before anything looks at the address or the scheme; only where proxies are trusted", UseForwardedHeaders),
        new("security headers", "before anything answers; those of pages are set by what serves pages", static (app, _) => app.UseSecurityHeaders(static headers => headers.ContentSecurityPolicy = SecurityHeadersOptions.DataOnly)),
        new("host and origin", "before any route is chosen: a foreign Host or Origin gets nothing, not even a 404", static (app, _) => app.UseHostAndOriginCheck()),
        new("https", "behind the check of the host, so that nobody is sent to a strange one; before a plain request gets anything else", ServerHttps.Use),
        new("routing", "chooses the endpoint; the next steps go by its metadata", static (app, _) => app.UseRouting()),
        new("listeners", "before access is asked for: what does not belong to the address the request came to is not there at all", static (app, settings) => app.UseAdminListener(settings)),
        new("cross origin", "behind routing, since relayed answers bring their own headers; before access, since a preflight has no credential", static (app, _) => app.UseCrossOrigin()),
        new("requests in flight", "behind routing, since live connections are not counted; before access, which may take its time", static (app, _) => app.UseRequestsInFlight()),
        new("caller", "finds out who asks, and refuses nobody: the next step counts for whoever it is", static (app, _) => app.UseMiddleware<CallerMiddleware>()),
        new("rate limits", "before access, so that refused credentials count too, for their network; before a body is read", static (app, _) => app.UseRateLimits()),
        new("access", "before a body is read", static (app, _) => app.UseMiddleware<AccessMiddleware>()),
        new("site", "behind routing, for what no endpoint takes: so it changes nothing of what they refuse", UseSite),
        new("compression", "right around the endpoints: what the steps before refuse is small, and a site's files were compressed when it was built", static (app, _) => app.UseCompression()),
        new("endpoints", "last; those with idempotency keys look at the key inside, since keys belong to a caller", static (app, settings) => Endpoints.Map((WebApplication)app, settings)),
    ];

    public static void Use(WebApplication app, ServerSettings settings)
    {
        foreach (var step in Steps)
        {
            step.Add(app, settings);
        }
    }

    private static void UseSite(IApplicationBuilder app, ServerSettings settings) =>
        app.UseWhen(context => !AdminListener.IsAdmin(context, settings), branch => branch.MapSite(settings.Relay.Site));

    private static void UseForwardedHeaders(IApplicationBuilder app, ServerSettings settings)
    {
        if (settings.Server.TrustedProxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var proxy in settings.Server.TrustedProxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                options.KnownProxies.Add(address);
            }
            else
            {
                options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            }
        }

        app.UseForwardedHeaders(options);
    }

    /// <summary>One step.</summary>
    /// <param name="Name">For people and the test of the order.</param>
    /// <param name="Why">Why it stands where it stands.</param>
    /// <param name="Add">Adds it to the application.</param>
    internal sealed record Step(string Name, string Why, Action<IApplicationBuilder, ServerSettings> Add);
}
