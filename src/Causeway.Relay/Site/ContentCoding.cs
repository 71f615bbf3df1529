using Causeway.Http;
using Microsoft.AspNetCore.Http;

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
        var accepted = AcceptEncoding.Parse(request.Headers.AcceptEncoding);
        return All
            .Select(coding => (Coding: coding, Quality: coding.Name == "br" ? accepted.Brotli : accepted.Gzip))
            .Where(wanted => wanted.Quality > 0 && wanted.Quality >= accepted.Identity)
            .OrderByDescending(static wanted => wanted.Quality)
            .Select(static wanted => wanted.Coding);
    }
}
