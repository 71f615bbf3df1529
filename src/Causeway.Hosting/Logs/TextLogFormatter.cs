using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>One event, one line for a person: <c>12:34:56.789 info  Realtime  message  request_id=…</c>; an exception below it, indented.</summary>
internal sealed class TextLogFormatter(IOptions<CausewayLogOptions> options, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "causeway-text";

    private const string Reset = "\e[0m";
    private const string Dim = "\e[2m";
    private const int AreaWidth = 10;

    private readonly bool _useColor = options.Value.UseColor;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var (name, color) = Look(logEntry.LogLevel);
        Colored(textWriter, Dim, time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        Colored(textWriter, color, name);
        textWriter.Write(' ');
        Colored(textWriter, Dim, AreaOf(logEntry.Category).PadRight(AreaWidth));
        textWriter.Write(' ');
        WriteOneLine(textWriter, Redaction.Redact(message));
        WriteScopes(textWriter, logEntry.State, scopeProvider);
        textWriter.Write('\n');
        if (logEntry.Exception is { } exception)
        {
            foreach (var line in Redaction.Redact(exception.ToString()).Split('\n'))
            {
                textWriter.Write("    ");
                WriteOneLine(textWriter, line.TrimEnd('\r'));
                textWriter.Write('\n');
            }
        }
    }

    /// <summary>The last part that says something: <c>Causeway.Realtime.Rooms</c> is <c>Realtime</c>, <c>Microsoft.AspNetCore.Server.Kestrel</c> is <c>Kestrel</c>.</summary>
    private static string AreaOf(string category)
    {
        var parts = category.Split('.');
        return parts is ["Causeway", var area, ..] ? area : parts[^1];
    }

    private static (string Name, string Color) Look(LogLevel level) => level switch
    {
        LogLevel.Trace => ("trace", Dim),
        LogLevel.Debug => ("debug", Dim),
        LogLevel.Information => ("info ", "\e[32m"),
        LogLevel.Warning => ("warn ", "\e[33m"),
        LogLevel.Error => ("error", "\e[31m"),
        _ => ("crit ", "\e[1;31m"),
    };

    private void WriteScopes(TextWriter writer, object? state, IExternalScopeProvider? scopes)
    {
        // The event's own fields are in its message already; only those of the scopes say more.
        var own = LogFields.Of(state, null).Fields.Select(static field => field.Key).ToHashSet();
        foreach (var (name, value) in LogFields.Of(null, scopes).Fields)
        {
            if (own.Contains(name) || value is null)
            {
                continue;
            }

            writer.Write("  ");
            if (_useColor)
            {
                writer.Write(Dim);
            }

            WriteOneLine(writer, $"{name}={LogFields.Text(value)}");
            if (_useColor)
            {
                writer.Write(Reset);
            }
        }
    }

    private void Colored(TextWriter writer, string color, string text)
    {
        writer.Write(_useColor ? $"{color}{text}{Reset}" : text);
    }

    /// <summary>What a client sent must not start a line or move the cursor.</summary>
    private static void WriteOneLine(TextWriter writer, string text)
    {
        foreach (var c in text)
        {
            if (c is '\n')
            {
                writer.Write("\\n");
            }
            else if (c is '\r')
            {
                writer.Write("\\r");
            }
            else if (c != '\t' && char.IsControl(c))
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
            }
            else
            {
                writer.Write(c);
            }
        }
    }
}
