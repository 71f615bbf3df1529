using Causeway.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;

namespace Causeway.Server;

/// <summary>HTTPS as the server has it: where plain requests are sent, and what browsers are told to keep.</summary>
internal sealed class ServerHttps
{
    private static readonly PathString[] Probes = ["/health", "/ready"];

    private readonly ServerOptions _server;
    private readonly Uri? _publicUrl;
    private readonly Lazy<(int? Public, int? Admin)> _ports;

    private ServerHttps(ServerSettings settings, IServer server)
    {
        _server = settings.Server;
        _publicUrl = settings.Server.PublicUrl is { } url && new Uri(url) is { Scheme: "https" } secure ? secure : null;

        // Port 0 is any free one, known once the server listens.
        _ports = new(() =>
        {
            var secured = server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
                .Where(static address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)).ToLookup(_server.IsAdminAddress, ServerOptions.PortOf);
            return (secured[false].FirstOrDefault(), secured[true].FirstOrDefault());
        });
    }

    public static void Use(IApplicationBuilder app, ServerSettings settings)
    {
        var https = new ServerHttps(settings, app.ApplicationServices.GetRequiredService<IServer>());
        var hsts = settings.Server.Hsts;
        app.UseHttpsPolicy(options =>
        {
            options.RedirectTo = https.RedirectTo;
            options.StrictFor = hsts.Enabled ?? !settings.Configuration.IsDevelopment ? TimeSpan.FromDays(hsts.Days) : null;
            options.IncludeSubDomains = hsts.IncludeSubDomains;
            options.Preload = hsts.Preload;
        });
    }

    /// <summary>
    /// Where a plain request goes: to the public URL where that is HTTPS and known to be where the client came from, else to an HTTPS address of our own, of the same kind. Probes
    /// are answered as they come. So are requests under a local name: they never leave the machine, and no certificate is for that name. And so is everything
    /// while neither is known: behind a proxy that ends TLS and does not say so, each request looks plain, and would be sent round in circles.
    /// </summary>
    private string? RedirectTo(HttpContext context)
    {
        var request = context.Request;
        if (!_server.HttpsRedirect || Array.Exists(Probes, probe => request.Path == probe))
        {
            return null;
        }

        // That header is put there by the forwarded-headers step, where it believed a proxy.
        if (_publicUrl is not null && request.Headers.ContainsKey(ForwardedHeadersDefaults.XOriginalProtoHeaderName))
        {
            return _publicUrl.Authority;
        }

        if (LocalHosts.Contains(request.Host))
        {
            return null;
        }

        var port = _server.AdminPorts.Contains(context.Connection.LocalPort) ? _ports.Value.Admin : _ports.Value.Public;
        return port switch
        {
            null => null,
            _ when _publicUrl is not null && request.Host.Host.Equals(_publicUrl.Host, StringComparison.OrdinalIgnoreCase) => _publicUrl.Authority,
            443 => request.Host.Host,
            _ => new HostString(request.Host.Host, port.Value).Value,
        };
    }
}
