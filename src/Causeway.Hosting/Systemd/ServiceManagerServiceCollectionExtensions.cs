using Causeway.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets systemd know how a service is (<c>Type=notify</c> or <c>notify-reload</c>, <c>WatchdogSec=</c>).</summary>
public static class ServiceManagerServiceCollectionExtensions
{
    /// <summary>
    /// Tells systemd when the service is ready, reloads, stops, and that it lives, where <c>NOTIFY_SOCKET</c> is set; does nothing elsewhere. The variables are read
    /// here and taken out of the environment, so that no child speaks for the service.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddServiceManager(this IServiceCollection services)
    {
        services.AddSingleton(NotifySocket.FromEnvironment());
        services.AddSingleton(static provider => new ServiceManagerLink(
            provider.GetRequiredService<NotifySocket>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<IOptions<HostOptions>>(),
            provider.GetServices<LifespanStep>(),
            provider.GetService<Loops>(),
            provider.GetRequiredService<ILogger<NotifySocket>>()));
        return services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<ServiceManagerLink>());
    }
}
