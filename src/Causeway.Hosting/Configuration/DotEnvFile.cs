using System.Text;

namespace Causeway.Hosting;

/// <summary>
/// Reads <c>.env</c>: one <c>KEY=VALUE</c> a line, <c>export</c> before it allowed, <c>#</c> starts a comment. A value may stand in
/// single quotes (as it is) or double quotes (with <c>\n \r \t \" \\ \$</c>). Nothing is expanded.
/// </summary>
internal static class DotEnvFile
{
    internal readonly record struct Line(string Key, string Value, int Number);

    public static IReadOnlyList<Line> Read(string text, string name, ICollection<ConfigurationProblem> problems)
    {
        var lines = new List<Line>();
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r').Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (Parse(line, out var key, out var value) is { } reason)
            {
                problems.Add(new("", reason, new(ConfigurationTier.DotEnv, name, number, raw.Length - raw.TrimStart().Length + 1)));
                continue;
            }

            lines.Add(new(key, value, number));
        }

        return lines;
    }

    private static string? Parse(string line, out string key, out string value)
    {
        value = "";
        const string Export = "export ";
        if (line.StartsWith(Export, StringComparison.Ordinal))
        {
            line = line[Export.Length..].TrimStart();
        }

        var equals = line.IndexOf('=', StringComparison.Ordinal);
        key = equals < 0 ? "" : line[..equals].TrimEnd();
        if (!IsName(key))
        {
            return "is not KEY=VALUE, and no comment either";
        }

        var rest = line[(equals + 1)..].TrimStart();
        if (rest.Length > 0 && rest[0] is '"' or '\'')
        {
            return Quoted(rest, out value);
        }

        value = Unquoted(rest);
        return null;
    }

    private static bool IsName(string key) =>
        key.Length > 0 && !char.IsAsciiDigit(key[0]) && key.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string Unquoted(string rest)
    {
        if (rest.StartsWith('#'))
        {
            return "";
        }

        // A # inside a word belongs to it, as in a colour or an anchor.
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '#' && char.IsWhiteSpace(rest[i - 1]))
            {
                return rest[..i].TrimEnd();
            }
        }

        return rest.TrimEnd();
    }

    private static string? Quoted(string rest, out string value)
    {
        var quote = rest[0];
        var text = new StringBuilder(rest.Length);
        value = "";
        for (var i = 1; i < rest.Length; i++)
        {
            var c = rest[i];
            if (c == quote)
            {
                var after = rest[(i + 1)..].TrimStart();
                value = text.ToString();
                return after.Length == 0 || after[0] == '#' ? null : "has text after the closing quote";
            }

            if (c == '\\' && quote == '"' && i + 1 < rest.Length)
            {
                i++;
                _ = rest[i] switch
                {
                    'n' => text.Append('\n'),
                    'r' => text.Append('\r'),
                    't' => text.Append('\t'),
                    '"' or '\\' or '$' => text.Append(rest[i]),
                    var other => text.Append('\\').Append(other),
                };
                continue;
            }

            text.Append(c);
        }

        return "opens a quote that does not close on its line";
    }
}
