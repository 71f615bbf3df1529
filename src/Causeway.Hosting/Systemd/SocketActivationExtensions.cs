using System.Net;
using Causeway.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serves on sockets that a service manager handed over.</summary>
public static class SocketActivationExtensions
{
    /// <summary>
    /// Makes Kestrel accept from these sockets. They stay open for the next process: this one accepts until it has drained, and then the kernel keeps whoever
    /// connects. Without sockets this does nothing. Call it after Kestrel and TLS were added.
    /// </summary>
    /// <param name="builder">The web host's builder.</param>
    /// <param name="sockets">From <see cref="SocketActivation.Take"/>.</param>
    /// <param name="besides">Addresses to open as well. Kestrel ignores those it is given in another way (<c>app.Urls</c>) once there are sockets.</param>
    /// <param name="configure">Changes how a socket is served, such as TLS.</param>
    /// <returns>The same builder.</returns>
    public static IWebHostBuilder UseActivatedSockets(
        this IWebHostBuilder builder, IReadOnlyList<ActivatedSocket> sockets, IEnumerable<string>? besides = null, Action<ActivatedSocket, ListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(sockets);
        if (sockets.Count == 0)
        {
            return builder;
        }

        return builder.ConfigureServices(services =>
        {
            services.TryAddSingleton(TimeProvider.System);

            // The one that was added last is asked first.
            services.AddSingleton<IConnectionListenerFactory, ActivatedListenerFactory>();
            services.Configure<KestrelServerOptions>(kestrel =>
            {
                foreach (var socket in sockets)
                {
                    kestrel.Listen(new ActivatedEndPoint(socket), listen => configure?.Invoke(socket, listen));
                }

                foreach (var url in besides ?? [])
                {
                    foreach (var endPoint in ListenAddress.Parse(url).EndPoints)
                    {
                        kestrel.Listen(endPoint, listen =>
                        {
                            if (url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                            {
                                listen.UseHttps();
                            }
                        });
                    }
                }
            });
        });
    }

    /// <summary>Opens an address as the server would open one of its own list.</summary>
    private static void Listen(KestrelServerOptions kestrel, BindingAddress address)
    {
        if (address.IsUnixPipe)
        {
            kestrel.ListenUnixSocket(address.UnixPipePath, Secure);
        }
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(address.Port, Secure);
        }
        else if (IPAddress.TryParse(address.Host.AsSpan().Trim("[]"), out var ip))
        {
            kestrel.Listen(ip, address.Port, Secure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, Secure);
        }

        void Secure(ListenOptions listen)
        {
            if (address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
            {
                listen.UseHttps();
            }
        }
    }
}
