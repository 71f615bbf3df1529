using System.Buffers;
using System.Collections.Frozen;

namespace Causeway.Relay;

/// <summary>What a request's path can be to a site.</summary>
internal enum SitePathKind
{
    /// <summary>It may name a file or a directory of the site.</summary>
    File = 1,

    /// <summary>It names no file that could be there, but may be a route of the page.</summary>
    NoFile,

    /// <summary>Nobody who means well asks for it.</summary>
    Refused,
}

/// <summary>A request's path, turned into a relative path that can't leave the directory it is joined to.</summary>
/// <param name="Kind">What it can be.</param>
/// <param name="Relative">For a file: segments joined by <c>/</c>, none of them empty, a dot name or special to any system. The root is empty.</param>
/// <param name="IsDirectory">Whether the path ends in <c>/</c>.</param>
internal readonly record struct SitePath(SitePathKind Kind, string Relative, bool IsDirectory)
{
    private const int MaxLength = 2_048;

    // What the server leaves encoded (%2F) or a file system might take for a separator, a drive or a stream.
    private static readonly SearchValues<char> NoFileName = SearchValues.Create(":*?\"<>|");

    private static readonly FrozenSet<string> Devices = new[]
    {
        "con", "prn", "aux", "nul", "conin$", "conout$",
        "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³",
        "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a path as the server gives it: decoded once, but for encoded slashes.</summary>
    public static SitePath Of(string path)
    {
        if (path is not ['/', ..] || ContainsControl(path) || path.Contains('\\', StringComparison.Ordinal))
        {
            return new(SitePathKind.Refused, "", false);
        }

        var isDirectory = path[^1] == '/';
        var inner = path.AsSpan(1, path.Length - (isDirectory && path.Length > 1 ? 2 : 1));
        var kind = path.Length > MaxLength ? SitePathKind.NoFile : SitePathKind.File;
        if (!inner.IsEmpty)
        {
            foreach (var range in inner.Split('/'))
            {
                var segment = inner[range];
                if (segment is ['.', ..] && !(range.Start.Value == 0 && segment.SequenceEqual(".well-known")))
                {
                    return new(SitePathKind.Refused, "", false);
                }

                if (!IsFileName(segment))
                {
                    kind = SitePathKind.NoFile;
                }
            }
        }

        return kind == SitePathKind.File ? new(kind, inner.ToString(), isDirectory) : new(kind, "", isDirectory);
    }

    private static bool IsFileName(ReadOnlySpan<char> segment)
    {
        if (segment.IsEmpty
            || segment[^1] is '.' or ' '
            || segment.ContainsAny(NoFileName)
            || segment.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || segment.Contains("%5c", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var dot = segment.IndexOf('.');
        return !Devices.GetAlternateLookup<ReadOnlySpan<char>>().Contains((dot < 0 ? segment : segment[..dot]).TrimEnd(' '));
    }

    private static bool ContainsControl(string path)
    {
        foreach (var c in path)
        {
            if (char.IsControl(c))
            {
                return true;
            }
        }

        return false;
    }
}
