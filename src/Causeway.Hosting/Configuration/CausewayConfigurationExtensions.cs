using Causeway.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

/// <summary>Gives an application Causeway's configuration instead of the host's own.</summary>
public static class CausewayConfigurationExtensions
{
    /// <summary>Loads the configuration and makes it the application's only one.</summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="args">The command line.</param>
    /// <param name="configure">Changes where things are looked for.</param>
    /// <returns>The configuration, with sections still to be bound.</returns>
    public static CausewayConfiguration AddCausewayConfiguration(
        this IHostApplicationBuilder builder, IReadOnlyList<string> args, Action<CausewayConfigurationSettings>? configure = null)
    {
        var configuration = CausewayConfiguration.Load(args, configure);
        builder.AddCausewayConfiguration(configuration);
        return configuration;
    }

    /// <summary>Makes a loaded configuration the application's only one: <c>appsettings.json</c>, <c>ASPNETCORE_*</c> and <c>DOTNET_*</c> no longer count.</summary>
    /// <param name="builder">The application's builder, best made with no arguments.</param>
    /// <param name="configuration">What <see cref="CausewayConfiguration.Load"/> returned.</param>
    public static void AddCausewayConfiguration(this IHostApplicationBuilder builder, CausewayConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        builder.Configuration.Sources.Clear();
        builder.Configuration.Sources.Add(configuration.ToSource());
        builder.Environment.EnvironmentName = configuration.EnvironmentName;

        // A web application keeps a second, older object of the same facts for IHostEnvironment.
        builder.Services.Replace(ServiceDescriptor.Singleton(builder.Environment));
        builder.Services.AddSingleton(configuration);
    }
}
