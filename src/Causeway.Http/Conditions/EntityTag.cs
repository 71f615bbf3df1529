using System.Globalization;

namespace Causeway.Http;

/// <summary>Strong entity tags that carry a version: <c>"7"</c>, or <c>"7-x"</c> where what is shown changes without a new version.</summary>
/// <remarks>
/// A condition of an update (<c>If-Match</c>) looks at the version alone, since that is what somebody else may have changed; a condition of a read (<c>If-None-Match</c>) at the whole tag.
/// A response that is compressed on its way has the coding at the end of its tag (<c>"7-br"</c>), as another sequence of bytes needs another strong tag; conditions take either.
/// </remarks>
public static class EntityTag
{
    private static readonly string[] CodingSuffixes = ["-br", "-gzip"];

    /// <summary>The tag of a version, quotes included.</summary>
    /// <param name="version">As the thing was stored; rises with every change.</param>
    /// <param name="variant">What else the representation depends on, such as live figures; letters, digits and <c>_ .</c> only. Null for nothing.</param>
    public static string Of(long version, string? variant = null) => variant is null
        ? string.Create(CultureInfo.InvariantCulture, $"\"{version}\"")
        : string.Create(CultureInfo.InvariantCulture, $"\"{version}-{variant}\"");

    /// <summary>The tag of the same thing under a content coding.</summary>
    internal static string WithCoding(string tag, string coding) => tag is ['"', .., '"'] ? $"{tag[..^1]}-{coding}\"" : tag;

    /// <summary>A tag without quotes and coding.</summary>
    internal static ReadOnlySpan<char> Plain(ReadOnlySpan<char> tag)
    {
        tag = tag.Trim('"');
        foreach (var suffix in CodingSuffixes)
        {
            if (tag.EndsWith(suffix, StringComparison.Ordinal))
            {
                return tag[..^suffix.Length];
            }
        }

        return tag;
    }

    /// <summary>The version that a tag names; false for a tag that is none of ours.</summary>
    internal static bool TryGetVersion(ReadOnlySpan<char> tag, out long version)
    {
        tag = Plain(tag);
        var dash = tag.IndexOf('-');
        return long.TryParse(dash < 0 ? tag : tag[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
