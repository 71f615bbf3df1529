using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Causeway.Testing;

/// <summary>One event as it was logged.</summary>
/// <param name="Category">The logger's category.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Id">The event's id and name.</param>
/// <param name="Message">The formatted text.</param>
/// <param name="Properties">The named values of the message.</param>
/// <param name="Scopes">The scopes around it, outermost first, as text.</param>
/// <param name="Exception">What was thrown, if anything.</param>
public sealed record LogEvent(
    string Category,
    LogLevel Level,
    EventId Id,
    string Message,
    IReadOnlyDictionary<string, object?> Properties,
    IReadOnlyList<string> Scopes,
    Exception? Exception)
{
    /// <inheritdoc/>
    public override string ToString() => $"[{Level}] {Category} {Id.Id} {Id.Name}: {Message}{(Exception is null ? "" : $" ({Exception.GetType().Name}: {Exception.Message})")}";
}

/// <summary>Keeps everything that is logged, so that a test can ask for it by event name.</summary>
public sealed class LogProbe : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<LogEvent> _events = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>What was logged so far, oldest first.</summary>
    public IReadOnlyList<LogEvent> Events => [.. _events];

    /// <summary>The events of this name so far.</summary>
    public IReadOnlyList<LogEvent> Named(string eventName) => [.. _events.Where(e => e.Id.Name == eventName)];

    /// <summary>Waits until an event of this name is logged and returns the first.</summary>
    public async Task<LogEvent> WaitFor(string eventName, int count = 1)
    {
        await Eventually.True(() => Named(eventName).Count >= count, what: $"{count} × log event {eventName}; seen: {Summary()}").ConfigureAwait(false);
        return Named(eventName)[count - 1];
    }

    /// <summary>Fails when anything at or above <paramref name="level"/> was logged, except the named events that the test expects.</summary>
    public void AssertQuiet(LogLevel level = LogLevel.Error, params string[] except)
    {
        var loud = _events.Where(e => e.Level >= level && !except.Contains(e.Id.Name)).ToList();
        if (loud.Count > 0)
        {
            throw new InvalidOperationException($"Unexpected log events:{Environment.NewLine}{string.Join(Environment.NewLine, loud)}");
        }
    }

    /// <summary>A factory whose loggers all end here.</summary>
    public ILoggerFactory CreateFactory() => LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Probe(this, categoryName);

    /// <inheritdoc/>
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private string Summary() => string.Join(", ", _events.Select(static e => e.Id.Name).Distinct());

    private sealed class Probe(LogProbe owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var properties = new Dictionary<string, object?>();
            if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
            {
                foreach (var (name, value) in pairs)
                {
                    properties[name] = value;
                }
            }

            var scopes = new List<string>();
            owner._scopes.ForEachScope(static (scope, list) => list.Add(scope?.ToString() ?? ""), scopes);
            owner._events.Enqueue(new LogEvent(category, logLevel, eventId, formatter(state, exception), properties, scopes, exception));
        }
    }
}
