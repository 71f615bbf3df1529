using System.Buffers;
using System.Text;

namespace Causeway.Relay;

/// <summary>The path and query of a request as the client sent them: percent-encoding is kept to the letter, only dot segments are resolved (RFC 3986 §5.2.4).</summary>
internal static class RequestTarget
{
    // What may stand in a request line. Everything else would be read as its end, or differently by different servers.
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>The path, and where the query begins in the raw target.</summary>
    /// <param name="raw">In origin form or absolute form.</param>
    /// <param name="path">Begins with a slash and holds no dot segments.</param>
    /// <param name="query">With its question mark, or empty.</param>
    /// <returns>False where it can't be relayed.</returns>
    public static bool TrySplit(string raw, out string path, out string query)
    {
        path = query = "";
        if (raw.Length == 0 || raw.AsSpan().ContainsAnyExcept(Allowed))
        {
            return false;
        }

        var start = 0;
        if (raw[0] != '/')
        {
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            if (authority <= 0)
            {
                return false;
            }

            var end = raw.AsSpan(authority + 3).IndexOfAny('/', '?');
            start = end < 0 ? raw.Length : authority + 3 + end;
        }

        var mark = raw.IndexOf('?', start);
        query = mark < 0 ? "" : raw[mark..];
        path = start == 0 && mark < 0 ? raw : raw[start..(mark < 0 ? raw.Length : mark)];
        if (path.Length == 0)
        {
            path = "/";
        }

        if (HasDots(path))
        {
            path = WithoutDots(path);
        }

        return !HidesDots(path);
    }

    /// <summary>Where in the path so many segments end; its length where it has no more.</summary>
    public static int EndOf(ReadOnlySpan<char> path, int segments)
    {
        var end = 0;
        for (; segments > 0 && end < path.Length; segments--)
        {
            var slash = path[(end + 1)..].IndexOf('/');
            end = slash < 0 ? path.Length : end + 1 + slash;
        }

        return end;
    }

    /// <summary>The query without the parameter of this name.</summary>
    /// <param name="query">With its question mark, or empty.</param>
    /// <param name="name">The name; a percent-encoded spelling of it is found as well.</param>
    public static string Without(string query, string name)
    {
        if (query.Length < 2)
        {
            return query;
        }

        var kept = query[1..].Split('&').Where(part => !Uri.UnescapeDataString(part.Split('=')[0].Replace('+', ' ')).Equals(name, StringComparison.OrdinalIgnoreCase));
        var rest = string.Join('&', kept);
        return rest.Length == 0 ? "" : "?" + rest;
    }

    /// <summary>The path as the most forgiving backends read it: encoded slashes, backslashes, empty segments and parameters behind semicolons resolved.</summary>
    /// <returns>Null where everybody reads it as it is.</returns>
    public static string? ReadForgivingly(string path)
    {
        if (!path.AsSpan().ContainsAny(";\\") && !path.Contains("//", StringComparison.Ordinal)
            && !path.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !path.Contains("%5c", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var segments = Uri.UnescapeDataString(path).Replace('\\', '/').Split('/').Select(static segment => segment.Split(';')[0]).Where(static segment => segment.Length > 0);
        return WithoutDots("/" + string.Join('/', segments));
    }

    private static bool HasDots(string path) =>
        path.Contains("/.", StringComparison.Ordinal) || path.Contains("/%2e", StringComparison.OrdinalIgnoreCase);

    private static string WithoutDots(string path)
    {
        var kept = new List<string>();
        var segments = path.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            var dots = DotsOf(segments[i]);
            var isLast = i == segments.Length - 1;
            if (dots == 2 && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            if (dots == 0)
            {
                kept.Add(segments[i]);
            }
            else if (isLast)
            {
                kept.Add("");
            }
        }

        var builder = new StringBuilder(path.Length);
        foreach (var segment in kept)
        {
            builder.Append('/').Append(segment);
        }

        return builder.Length == 0 ? "/" : builder.ToString();
    }

    // 1 for ".", 2 for "..", however they are encoded; 0 for anything else.
    private static int DotsOf(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (segment.Length > 0 && dots < 3)
        {
            if (segment[0] == '.')
            {
                segment = segment[1..];
            }
            else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase))
            {
                segment = segment[3..];
            }
            else
            {
                return 0;
            }

            dots++;
        }

        return segment.Length == 0 && dots <= 2 ? dots : 0;
    }

    // ..%2f, ..%5c and ..\ are one harmless segment here, but a way out of the prefix for a backend that decodes first and resolves then.
    private static bool HidesDots(string path)
    {
        if (!path.Contains("..", StringComparison.Ordinal) && !path.Contains("%2e", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var plain = path.Replace("%2f", "/", StringComparison.OrdinalIgnoreCase).Replace("%5c", "/", StringComparison.OrdinalIgnoreCase).Replace('\\', '/');
        foreach (var segment in plain.Split('/'))
        {
            if (DotsOf(segment) == 2)
            {
                return true;
            }
        }

        return false;
    }
}
