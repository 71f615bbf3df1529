using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>A result with an entity tag; to a read whose <c>If-None-Match</c> has it the answer is 304 without a body.</summary>
internal sealed class TaggedResult(IResult result, string tag) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var request = httpContext.Request;
        httpContext.Response.Headers.ETag = tag;
        if ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && FindKnown(request.Headers.IfNoneMatch) is { } known)
        {
            // Under the tag of the coding that the client has.
            httpContext.Response.Headers.ETag = known.Equals(EntityTagHeaderValue.Any) ? tag : known.ToString();
            httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return result.ExecuteAsync(httpContext);
    }

    /// <summary>Weak comparison: what the client has is good enough.</summary>
    private EntityTagHeaderValue? FindKnown(Microsoft.Extensions.Primitives.StringValues known)
    {
        if (known.Count == 0 || !EntityTagHeaderValue.TryParseList(known, out var tags))
        {
            return null;
        }

        foreach (var candidate in tags)
        {
            if (candidate.Equals(EntityTagHeaderValue.Any) || EntityTag.Plain(candidate.Tag.AsSpan()).SequenceEqual(EntityTag.Plain(tag)))
            {
                return candidate;
            }
        }

        return null;
    }
}
