using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Causeway.Hosting;

/// <summary>What is logged, and how it looks.</summary>
public sealed class CausewayLogOptions : ConsoleFormatterOptions
{
    /// <summary>The look of a line.</summary>
    /// <value>Default: text on a terminal, else JSON.</value>
    public LogFormat Format { get; set; } = Console.IsOutputRedirected ? LogFormat.Json : LogFormat.Text;

    /// <summary>The least of Causeway's own events that is logged. The framework's are logged from warning on.</summary>
    /// <value>Default information.</value>
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>Whether text is coloured.</summary>
    /// <value>Default: on a terminal, unless <c>NO_COLOR</c> is set or <c>TERM</c> is <c>dumb</c>.</value>
    public bool UseColor { get; set; } = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
