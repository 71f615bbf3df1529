using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>How a file was compressed when the site was built.</summary>
/// <param name="Name">As in <c>Content-Encoding</c>.</param>
/// <param name="Suffix">What its sibling's name ends with.</param>
internal sealed record ContentCoding(string Name, string Suffix)
{
    /// <summary>Those looked for, the smaller first.</summary>
    public static IReadOnlyList<ContentCoding> All { get; } = [new("br", ".br"), new("gzip", ".gz")];

    /// <summary>Those of them that the client takes, most wanted first; one that it wants less than the plain file is not among them.</summary>
    public static IEnumerable<ContentCoding> AcceptedBy(HttpRequest request)
    {
        if (StringValues.IsNullOrEmpty(request.Headers.AcceptEncoding)
            || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted))
        {
            return [];
        }

        // Not named, the plain file is acceptable but last.
        var plain = Named(accepted, "identity") ?? 0;
        return All
            .Select(coding => (Coding: coding, Quality: Named(accepted, coding.Name) ?? Named(accepted, "*") ?? 0))
            .Where(wanted => wanted.Quality > 0 && wanted.Quality >= plain)
            .OrderByDescending(static wanted => wanted.Quality)
            .Select(static wanted => wanted.Coding);
    }

    private static double? Named(IList<StringWithQualityHeaderValue> accepted, string name)
    {
        foreach (var value in accepted)
        {
            if (value.Value.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value.Quality ?? 1;
            }
        }

        return null;
    }
}
