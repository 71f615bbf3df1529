using Causeway.Relay;

namespace Causeway.Server;

/// <summary>
/// Keeps what is for whoever runs the service to the addresses of <c>Server:AdminUrls</c>, and what is somebody else's (site and relayed routes) off them.
/// The live endpoints, health, and what users call with their tokens are on all addresses.
/// </summary>
internal static class AdminListener
{
    private static readonly PathString[] OnBoth = ["/api", "/ws", "/sse", "/health", "/ready"];

    /// <summary>Takes the endpoint away where it does not belong to the listener, as if it were not there. Does nothing without admin addresses.</summary>
    public static void UseAdminListener(this IApplicationBuilder app, ServerSettings settings)
    {
        if (settings.Server.AdminUrls is null)
        {
            if (settings.SharesOrigin)
            {
                app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Server.Access").OriginShared();
            }

            return;
        }

        app.Use(next => context =>
        {
            if (context.GetEndpoint() is { } endpoint && !BelongsHere(endpoint, context, settings))
            {
                context.SetEndpoint(null);
            }

            return next(context);
        });
    }

    /// <summary>Whether the request came to one of the admin addresses: by the connection's own port, which no header changes.</summary>
    public static bool IsAdmin(HttpContext context, ServerSettings settings) => settings.Server.AdminPorts.Contains(context.Connection.LocalPort);

    private static bool BelongsHere(Endpoint endpoint, HttpContext context, ServerSettings settings)
    {
        if (IsAdmin(context, settings))
        {
            return endpoint.Metadata.GetMetadata<RelayRoute>() is null;
        }

        // Routing's own refusal of a method has no metadata; it must not tell of what is not here.
        return endpoint is RouteEndpoint
            ? !AdminArea.Has(endpoint)
            : Array.Exists(OnBoth, path => context.Request.Path.StartsWithSegments(path));
    }
}
