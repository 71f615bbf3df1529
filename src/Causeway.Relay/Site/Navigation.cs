using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>Tells a browser that goes to a page from one that fetches a part of it.</summary>
internal static class Navigation
{
    private static readonly MediaTypeHeaderValue Html = new("text/html");

    /// <summary>Whether the request provably navigates: it reads, names <c>text/html</c> itself (not only <c>*/*</c>), and is not said to be for a script, an image or the like.</summary>
    public static bool Is(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Dest"] is { Count: > 0 } destination && destination is not ["document" or "iframe" or "frame" or "fencedframe" or "empty"])
        {
            return false;
        }

        // Programs ask in a hundred ways; a line that can't be read is not a browser's.
        return MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
            && accepted.Any(static range => range.Quality is not 0 && Html.MediaType.Equals(range.MediaType, StringComparison.OrdinalIgnoreCase));
    }
}
