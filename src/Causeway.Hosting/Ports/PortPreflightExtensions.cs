using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

/// <summary>Makes a start safe against whoever holds its addresses.</summary>
public static class PortPreflightExtensions
{
    /// <summary>
    /// Before anything opens, takes the data directory and looks who holds the addresses. An earlier instance of this service is asked to stop (SIGTERM)
    /// and waited for; anybody else is left alone, and the start fails with <see cref="ExitCode.PortHeld"/> and the holder's name. Linux only:
    /// elsewhere it says so in the log and does nothing.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="configure">Sets the data directory, and whom it may ask to stop.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UsePortPreflight<TBuilder>(this TBuilder builder, Action<PortPreflightOptions> configure)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<PortPreflightOptions>()
            .Configure(configure)
            .Validate(static options => options.DataDirectory.Length > 0, "PortPreflightOptions.DataDirectory must be set.");
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<PortPreflight>();

        // First, so that its StartingAsync comes before every other service's; the host's runner calls it earlier still.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(static provider => provider.GetRequiredService<PortPreflight>()));
        return builder;
    }

    /// <summary>
    /// Adds work to the preflight, between taking the data directory and looking at the ports: the place for ending what a crashed run left behind,
    /// since it may hold a port. No earlier instance of this service runs by then.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">For the log, such as <c>orphaned children</c>.</param>
    /// <param name="order">Lower runs first; equal ones in the order they were added.</param>
    /// <param name="runAsync">The work; gets the application's root services. An exception fails the start.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPreflightStep(
        this IServiceCollection services, string name, int order, Func<IServiceProvider, CancellationToken, Task> runAsync)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(new PreflightStep(name, order, runAsync));
    }
}
