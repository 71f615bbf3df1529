using System.Text;

namespace Causeway.Data;

/// <summary>The parts of a migration's file. A line <c>-- up</c> or <c>-- down</c> begins one; with <c>sqlite</c> or <c>postgres</c> behind it, it is for that database alone.</summary>
internal sealed class MigrationScript
{
    private readonly List<Part> _parts = [];

    private MigrationScript()
    {
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It has no such parts, or text before the first.</exception>
    public static MigrationScript Parse(string text)
    {
        var script = new MigrationScript();
        Part? current = null;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (HeadOf(line) is { } head)
            {
                current = head;
                script._parts.Add(head);
            }
            else if (current is not null)
            {
                current.Sql.Append(line).Append('\n');
            }
            else if (line.Trim() is { Length: > 0 } stray && !stray.StartsWith("--", StringComparison.Ordinal))
            {
                throw new FormatException("has SQL before its first '-- up' or '-- down'");
            }
        }

        return script._parts.Exists(static part => part.IsUp) && script._parts.Exists(static part => !part.IsUp)
            ? script
            : throw new FormatException("needs a part '-- up' and a part '-- down', for one database or for both");
    }

    /// <summary>The statements for a database, in the order of the file; empty where it needs none.</summary>
    public string For(DatabaseProvider provider, bool up)
    {
        var sql = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.IsUp == up && (part.Provider is null || part.Provider == provider))
            {
                sql.Append(part.Sql);
            }
        }

        return sql.ToString().Trim();
    }

    private static Part? HeadOf(string line)
    {
        if (!line.StartsWith("--", StringComparison.Ordinal))
        {
            return null;
        }

        var words = line[2..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["up" or "down"] => new Part(words[0] == "up", null),
            ["up" or "down", "sqlite"] => new Part(words[0] == "up", DatabaseProvider.Sqlite),
            ["up" or "down", "postgres"] => new Part(words[0] == "up", DatabaseProvider.Postgres),
            _ => null,
        };
    }

    private sealed record Part(bool IsUp, DatabaseProvider? Provider)
    {
        public StringBuilder Sql { get; } = new();
    }
}
