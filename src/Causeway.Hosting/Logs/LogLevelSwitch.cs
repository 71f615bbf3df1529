using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Causeway.Hosting;

/// <summary>The least of Causeway's own events that is logged; may be changed while the service runs.</summary>
public sealed class LogLevelSwitch : IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    private CancellationTokenSource _changed = new();
    private LogLevel _level;

    internal LogLevelSwitch(LogLevel level) => _level = level;

    /// <summary>The level. The framework's events are logged from warning on, or from this level where it is higher.</summary>
    public LogLevel Level
    {
        get => _level;
        set
        {
            _level = value;
            using var before = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
            before.Cancel();
        }
    }

    /// <inheritdoc/>
    string? IOptionsChangeTokenSource<LoggerFilterOptions>.Name => Options.DefaultName;

    /// <inheritdoc/>
    IChangeToken IOptionsChangeTokenSource<LoggerFilterOptions>.GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    /// <inheritdoc/>
    public void Dispose() => _changed.Dispose();

    internal void Apply(LoggerFilterOptions filters)
    {
        filters.MinLevel = Level;
        var framework = Level > LogLevel.Warning ? Level : LogLevel.Warning;
        filters.AddFilter("Microsoft", framework);
        filters.AddFilter("System", framework);
    }
}
