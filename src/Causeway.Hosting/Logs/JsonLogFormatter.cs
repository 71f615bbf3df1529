using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Causeway.Hosting;

/// <summary>One event, one line, one JSON object: <c>time</c>, <c>level</c>, <c>event</c>, <c>message</c>, <c>category</c>, then the event's own fields and its scopes', and <c>trace_id</c> and <c>span_id</c> within a trace.</summary>
internal sealed class JsonLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "causeway-json";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly HashSet<string> Reserved = ["time", "level", "event", "message", "category", "exception", "scopes", "trace_id", "span_id"];

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var fields = LogFields.Of(logEntry.State, scopeProvider);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", NameOf(logEntry.LogLevel));
            if (!string.IsNullOrEmpty(logEntry.EventId.Name))
            {
                json.WriteString("event", LogFields.NameOf(logEntry.EventId.Name));
            }

            json.WriteString("message", Redaction.Redact(message));
            json.WriteString("category", logEntry.Category);
            foreach (var (name, value) in fields.Fields)
            {
                WriteField(json, Reserved.Contains(name) ? $"field_{name}" : name, value);
            }

            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                json.WriteString("trace_id", activity.TraceId.ToHexString());
                json.WriteString("span_id", activity.SpanId.ToHexString());
            }

            if (fields.Texts.Count > 0)
            {
                json.WriteStartArray("scopes");
                foreach (var scope in fields.Texts)
                {
                    json.WriteStringValue(scope);
                }

                json.WriteEndArray();
            }

            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception", Redaction.Redact(exception.ToString()));
            }

            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    private static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case byte or sbyte or short or ushort or int or long or uint:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case decimal number:
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, LogFields.Text(value));
                break;
        }
    }
}
