using System.Text;
using System.Text.Json;

namespace Causeway.Hosting;

/// <summary>Reads the configuration file: JSON with comments and trailing commas, each value with the place it stands.</summary>
internal static class JsonFile
{
    private const int MaxDepth = 32;

    public static ConfigurationTree Read(ReadOnlySpan<byte> json, string name, ICollection<ConfigurationProblem> problems)
    {
        if (json.StartsWith(Encoding.UTF8.Preamble))
        {
            json = json[Encoding.UTF8.Preamble.Length..];
        }

        var tree = new ConfigurationTree();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
            MaxDepth = MaxDepth,
        });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                problems.Add(new("", "must be one JSON object: { … }", PlaceOf(json, reader.TokenStartIndex, name)));
                return tree;
            }

            var walk = new Walk(json, name, tree, problems);
            walk.Object(ref reader, "");
            while (reader.Read())
            {
                // Whatever follows the object is a JsonException; comments are fine.
            }

            return tree;
        }
        catch (JsonException exception)
        {
            var line = (int)(exception.LineNumber ?? 0);
            var column = CharactersBefore(json, line, (int)(exception.BytePositionInLine ?? 0));
            problems.Add(new("", $"is not JSON: {Short(exception.Message)}", new(ConfigurationTier.File, name, line + 1, column + 1)));
            return new ConfigurationTree();
        }
    }

    private static ConfigurationOrigin PlaceOf(ReadOnlySpan<byte> json, long index, string name)
    {
        var before = json[..(int)Math.Min(index, json.Length)];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new(ConfigurationTier.File, name, before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }

    private static int CharactersBefore(ReadOnlySpan<byte> json, int line, int bytes)
    {
        for (; line > 0; line--)
        {
            json = json[(json.IndexOf((byte)'\n') + 1)..];
        }

        return Encoding.UTF8.GetCharCount(json[..Math.Min(bytes, json.Length)]);
    }

    /// <summary>Cuts off the parser's own "LineNumber: … BytePositionInLine: …", which counts from 0.</summary>
    private static string Short(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private readonly ref struct Walk(ReadOnlySpan<byte> json, string name, ConfigurationTree tree, ICollection<ConfigurationProblem> problems)
    {
        private readonly ReadOnlySpan<byte> _json = json;

        public void Object(ref Utf8JsonReader reader, string key)
        {
            var start = reader.TokenStartIndex;
            var empty = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                empty = false;
                var place = reader.TokenStartIndex;
                var child = ConfigurationTree.Join(key, reader.GetString()!);
                reader.Read();
                if (child.Equals("$schema", StringComparison.Ordinal))
                {
                    reader.Skip();
                    continue;
                }

                Value(ref reader, child, place);
            }

            if (empty && key.Length > 0)
            {
                Add(key, null, EntryKind.EmptyObject, start);
            }
        }

        private void Value(ref Utf8JsonReader reader, string key, long place)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    Object(ref reader, key);
                    break;
                case JsonTokenType.StartArray:
                    Array(ref reader, key, place);
                    break;
                case JsonTokenType.Null:
                    Add(key, null, EntryKind.Null, place);
                    break;
                case JsonTokenType.String:
                    Add(key, reader.GetString(), EntryKind.Scalar, place);
                    break;
                default:
                    Add(key, Encoding.UTF8.GetString(reader.ValueSpan), EntryKind.Scalar, place);
                    break;
            }
        }

        private void Array(ref Utf8JsonReader reader, string key, long place)
        {
            tree.MarkArray(key);
            var index = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Value(ref reader, ConfigurationTree.Join(key, index.ToString(System.Globalization.CultureInfo.InvariantCulture)), reader.TokenStartIndex);
                index++;
            }

            if (index == 0)
            {
                Add(key, null, EntryKind.EmptyArray, place);
            }
        }

        private void Add(string key, string? value, EntryKind kind, long place)
        {
            var origin = PlaceOf(_json, place, name);
            if (!tree.TryAdd(new(key, value, kind, origin)))
            {
                problems.Add(new(key, $"stands twice, first at line {tree.Find(key)!.Origin.Line}", origin));
            }
        }
    }
}
