using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Logging;

/// <summary>Makes the log one stream of lines, for a person or for a machine.</summary>
public static class CausewayLoggingBuilderExtensions
{
    /// <summary>
    /// Replaces the host's log providers by one on standard output. The framework is quiet: warnings and worse; <see cref="LogLevelSwitch"/> changes the level later. The host's own start-up
    /// lines are off, since the program has a screen of its own.
    /// </summary>
    /// <param name="logging">The application's logging.</param>
    /// <param name="configure">Sets the look and the level.</param>
    /// <returns>The same builder.</returns>
    public static ILoggingBuilder AddCausewayLogs(this ILoggingBuilder logging, Action<CausewayLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(logging);
        var options = new CausewayLogOptions { IncludeScopes = true };
        configure?.Invoke(options);

        logging.ClearProviders();
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.AddSingleton(Options.Options.Create(options));
        logging.AddConsole(console => console.FormatterName =
            options.Format == LogFormat.Json ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName);
        logging.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>();
        logging.Services.AddSingleton<ConsoleFormatter, TextLogFormatter>();

        logging.Services.AddSingleton(new LogLevelSwitch(options.Level));
        logging.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(static provider => provider.GetRequiredService<LogLevelSwitch>());
        logging.Services.AddOptions<LoggerFilterOptions>().Configure<LogLevelSwitch>(static (filters, level) => level.Apply(filters));
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.None);

        // A failed start is thrown as well, and told once by who catches it; the death of a background service is critical, and stays.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        return logging;
    }
}
