using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>What a request's conditions come to.</summary>
internal enum PreconditionOutcome
{
    /// <summary>Answer in full.</summary>
    Proceed = 1,

    /// <summary>304: the client has it.</summary>
    NotModified,

    /// <summary>412: it is not what the client expects.</summary>
    Failed,
}

/// <summary>Conditions and ranges of a request for one representation, in the order of RFC 9110, section 13.2.2.</summary>
/// <param name="headers">The request's.</param>
/// <param name="tag">The representation's, strong.</param>
/// <param name="modifiedAt">When it was last written, to the second.</param>
internal sealed class Preconditions(RequestHeaders headers, EntityTagHeaderValue tag, DateTimeOffset modifiedAt)
{
    public PreconditionOutcome Decide()
    {
        if (headers.IfMatch.Count > 0)
        {
            if (!headers.IfMatch.Any(expected => Matches(expected, strong: true)))
            {
                return PreconditionOutcome.Failed;
            }
        }
        else if (headers.IfUnmodifiedSince is { } unmodifiedSince && modifiedAt > unmodifiedSince)
        {
            return PreconditionOutcome.Failed;
        }

        var has = headers.IfNoneMatch.Count > 0
            ? headers.IfNoneMatch.Any(known => Matches(known, strong: false))
            : headers.IfModifiedSince is { } modifiedSince && modifiedAt <= modifiedSince;
        return has ? PreconditionOutcome.NotModified : PreconditionOutcome.Proceed;
    }

    /// <summary>The one range to send: null for the whole; several ranges, a stale <c>If-Range</c> or an unreadable header also mean the whole.</summary>
    /// <param name="length">The representation's, in bytes.</param>
    /// <param name="isSatisfiable">False: the range lies outside (416).</param>
    public (long From, long Count)? Range(long length, out bool isSatisfiable)
    {
        isSatisfiable = true;
        if (headers.Range is not { Ranges: { Count: 1 } ranges } wanted
            || !wanted.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            || !IsStillTheSame())
        {
            return null;
        }

        var range = ranges.First();
        var from = range.From ?? Math.Max(0, length - range.To!.Value);
        var to = range.From is null ? length - 1 : Math.Min(range.To ?? long.MaxValue, length - 1);
        isSatisfiable = from <= to;
        return isSatisfiable ? (from, to - from + 1) : null;
    }

    private bool IsStillTheSame() => headers.IfRange switch
    {
        null => true,
        { EntityTag: { } expected } => Matches(expected, strong: true),
        { LastModified: { } expected } => modifiedAt == expected,
        _ => false,
    };

    private bool Matches(EntityTagHeaderValue expected, bool strong) =>
        expected.Equals(EntityTagHeaderValue.Any) || expected.Compare(tag, useStrongComparison: strong);
}
