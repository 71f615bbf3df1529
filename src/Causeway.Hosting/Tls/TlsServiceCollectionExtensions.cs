using System.Diagnostics.Metrics;
using System.Security.Authentication;
using Causeway.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds TLS to listeners whose address begins with <c>https://</c>.</summary>
public static class TlsServiceCollectionExtensions
{
    /// <summary>
    /// Chooses a certificate before anything listens: the configured files, else Tailscale's, else mkcert's, else one of our own; and gives it to
    /// every HTTPS listener of Kestrel. Files are looked at every 30 s and can be put into force by <see cref="TlsCertificates.ReloadAsync"/>;
    /// what can be renewed is renewed 30 days before its end. Handshakes are TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1.
    /// </summary>
    /// <remarks>
    /// A start with configured files that can't be used throws a <see cref="ConfigurationException"/>. <c>/ready</c> is degraded in the last 14 days of configured files;
    /// <c>causeway_tls_certificate_expiry_timestamp_seconds</c> tells the end of whatever is used.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says which files, names and directory.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddTls(this IServiceCollection services, Action<TlsSetup> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var setup = new TlsSetup();
            configure(setup);
            return new TlsCertificates(
                setup,
                provider.GetRequiredService<IMeterFactory>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Logging.ILogger<TlsCertificates>>());
        });
        services.AddHostedService<TlsService>();
        services.AddReadinessCheck("certificate", static (provider, _) => ValueTask.FromResult(provider.GetRequiredService<TlsCertificates>().Check()));
        services.AddOptions<KestrelServerOptions>().Configure<TlsCertificates>(static (kestrel, certificates) => kestrel.ConfigureHttpsDefaults(https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;

            // The selector is what Kestrel asks for; the context, which has the chain and is built once, is what a handshake gets.
            https.ServerCertificateSelector = (_, _) => certificates.Current.Leaf;
            https.OnAuthenticate = (_, handshake) =>
            {
                handshake.ServerCertificateSelectionCallback = null;
                handshake.ServerCertificateContext = certificates.Current.Context;
            };
        }));
        return services;
    }
}
