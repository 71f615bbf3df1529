using Causeway.Hosting;
using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Server;

/// <summary>TLS as the server has it: which names a certificate must be good for, where one of our own is kept, and its reload.</summary>
internal static class ServerTls
{
    public static void AddServerTls(this IServiceCollection services, ServerSettings settings)
    {
        if (!settings.Server.UsesTls)
        {
            return;
        }

        services.AddTls(setup =>
        {
            setup.Options = settings.Server.Tls;
            setup.WorkingDirectory = settings.WorkingDirectory;
            setup.Directory = Path.Combine(settings.DataDirectory, "tls");
            foreach (var name in NamesOf(settings))
            {
                setup.Names.Add(name);
            }

            var exposure = new ExposureOptions();
            settings.Apply(exposure);
            setup.ListensBeyondLoopback = exposure.ListensBeyondLoopback;
        });
        services.AddReload("certificate", order: 10, ["Server:Tls"], static async (context, cancellationToken) =>
        {
            var certificates = context.Services.GetRequiredService<TlsCertificates>();
            if (await certificates.ReloadAsync(context.Services.GetRequiredService<CurrentSettings>().Value.Server.Tls, cancellationToken))
            {
                context.Report(certificates.Description);
            }
        });
    }

    /// <summary>Its line for the first screen; null without TLS.</summary>
    public static string? DescribeCertificate(this IServiceProvider services) => services.GetService<TlsCertificates>()?.Description;

    private static IEnumerable<string> NamesOf(ServerSettings settings)
    {
        foreach (var host in settings.Auth.AllowedHosts)
        {
            yield return host;
        }

        if (settings.Server.PublicUrl is { } publicUrl)
        {
            yield return new Uri(publicUrl).Host;
        }

        foreach (var url in settings.Server.AllListenUrls())
        {
            var address = BindingAddress.Parse(url);
            if (!address.IsUnixPipe && !address.IsNamedPipe)
            {
                yield return address.Host;
            }
        }
    }
}
