using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Causeway.Streams;

/// <summary>What a line is: JSON or not, and whether it is the source's last.</summary>
internal enum LineKind
{
    Json = 1,
    Terminal,
    NotUtf8,
    NotJson,
}

/// <summary>Looks at one line, in one pass over its bytes.</summary>
internal sealed class LineInspector(EndWhenOptions? endWhen)
{
    private readonly string? _field = endWhen?.Field;
    private readonly byte[]? _value = endWhen is null ? null : Encoding.UTF8.GetBytes(endWhen.Equals ?? "");

    /// <param name="line">Without its end, not empty.</param>
    public LineKind Inspect(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            return LineKind.NotUtf8;
        }

        var reader = new Utf8JsonReader(line);
        var isTerminal = false;
        try
        {
            while (reader.Read())
            {
                if (_field is not null && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals(_field))
                {
                    reader.Read();
                    isTerminal |= Fits(ref reader);
                }
            }
        }
        catch (JsonException)
        {
            return LineKind.NotJson;
        }

        return isTerminal ? LineKind.Terminal : LineKind.Json;
    }

    private bool Fits(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.ValueTextEquals(_value),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null => reader.ValueSpan.SequenceEqual(_value),
        _ => false,
    };
}
