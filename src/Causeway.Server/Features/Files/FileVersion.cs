using Causeway.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Server;

/// <summary>A file's version as its entity tag: <c>"7"</c>.</summary>
internal static class FileVersion
{
    /// <summary>Tells the client which version it gets.</summary>
    public static void Tell(HttpContext context, long version) => context.Response.Headers.ETag = TagOf(version);

    /// <summary>Null where the request names no version (<c>If-Match</c>) or this one; else the refusal.</summary>
    public static ApiError? Check(HttpContext context, long version)
    {
        var given = context.Request.Headers.IfMatch;
        if (given.Count == 0)
        {
            return null;
        }

        var tag = new EntityTagHeaderValue(TagOf(version));
        return EntityTagHeaderValue.TryParseList(given, out var tags) && tags.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: true))
            ? null
            : FileErrors.Changed;
    }

    private static string TagOf(long version) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\"{version}\"");
}
