using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>What the conditions of a GET or HEAD make of it, in the order of RFC 9110, section 13.2.2.</summary>
internal static class DownloadConditions
{
    /// <summary>412, 304, or null where the content is the answer.</summary>
    public static int? Evaluate(RequestHeaders request, EntityTagHeaderValue? tag, DateTimeOffset? modified)
    {
        if (request.IfMatch is { Count: > 0 } wanted)
        {
            if (!Contains(wanted, tag, strong: true))
            {
                return StatusCodes.Status412PreconditionFailed;
            }
        }
        else if (request.IfUnmodifiedSince is { } unmodified && modified > unmodified)
        {
            return StatusCodes.Status412PreconditionFailed;
        }

        if (request.IfNoneMatch is { Count: > 0 } known)
        {
            return Contains(known, tag, strong: false) ? StatusCodes.Status304NotModified : null;
        }

        return request.IfModifiedSince is { } since && modified <= since ? StatusCodes.Status304NotModified : null;
    }

    /// <summary>Whether the ranges count: there is no <c>If-Range</c>, or it is of this very content. A weak tag never is.</summary>
    public static bool RangeCounts(RequestHeaders request, EntityTagHeaderValue? tag, DateTimeOffset? modified)
    {
        if (request.Headers.IfRange.Count == 0)
        {
            return true;
        }

        return request.IfRange switch
        {
            { EntityTag: { } given } => tag is not null && tag.Compare(given, useStrongComparison: true),
            { LastModified: { } given } => modified == given,
            _ => false,
        };
    }

    private static bool Contains(IList<EntityTagHeaderValue> given, EntityTagHeaderValue? tag, bool strong)
    {
        foreach (var each in given)
        {
            if (each.Equals(EntityTagHeaderValue.Any) || tag is not null && tag.Compare(each, strong))
            {
                return true;
            }
        }

        return false;
    }
}
