using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>The structured fields of one event: its own first, then those of its scopes, the innermost first. The first of a name stays.</summary>
internal sealed class LogFields
{
    private const string Template = "{OriginalFormat}";

    private readonly List<KeyValuePair<string, object?>> _fields = [];
    private readonly List<string> _texts = [];

    public IReadOnlyList<KeyValuePair<string, object?>> Fields => _fields;

    /// <summary>Scopes that are a text and hold no fields, the outermost first.</summary>
    public IReadOnlyList<string> Texts => _texts;

    public static LogFields Of(object? state, IExternalScopeProvider? scopes)
    {
        var fields = new LogFields();
        fields.Add(state);
        if (scopes is not null)
        {
            // Scopes come outermost first; the innermost knows best.
            var all = new List<object?>();
            scopes.ForEachScope(static (scope, list) => list.Add(scope), all);
            for (var i = all.Count - 1; i >= 0; i--)
            {
                if (!fields.Add(all[i]) && all[i]?.ToString() is { Length: > 0 } text)
                {
                    fields._texts.Insert(0, Redaction.Redact(text));
                }
            }
        }

        return fields;
    }

    public static string NameOf(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>As text, redacted, the same in any culture.</summary>
    public static string Text(object? value) => Redaction.Redact(value switch
    {
        null => "",
        string text => text,
        DateTimeOffset time => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable many => string.Join(", ", many.Cast<object?>().Select(Text)),
        _ => value.ToString() ?? "",
    });

    private bool Add(object? state)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            return false;
        }

        var any = false;
        foreach (var (key, value) in pairs)
        {
            if (key is Template or "")
            {
                continue;
            }

            any = true;
            var name = NameOf(key);
            if (!_fields.Exists(field => field.Key == name))
            {
                _fields.Add(new(name, value));
            }
        }

        return any;
    }
}
