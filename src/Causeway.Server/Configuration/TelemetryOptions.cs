using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>What the service tells of itself.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>How log lines are written.</summary>
    /// <value>Default null: text on a terminal, else JSON.</value>
    public LogFormat? LogFormat { get; set; }

    /// <summary>The least of Causeway's own events that is logged; the framework's are logged from warning on. A reload changes it.</summary>
    /// <value>Default information.</value>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>Whether requests are logged.</summary>
    public RequestLogSettings RequestLog { get; } = new();
}
