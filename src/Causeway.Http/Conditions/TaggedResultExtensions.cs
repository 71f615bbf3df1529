using Causeway.Http;

namespace Microsoft.AspNetCore.Http;

/// <summary>Gives results their entity tags.</summary>
public static class TaggedResultExtensions
{
    /// <summary>Sends the result with the <c>ETag</c> of its version; to a GET or HEAD whose <c>If-None-Match</c> has that tag, 304 instead.</summary>
    /// <param name="result">What is sent when all is well; not an error.</param>
    /// <param name="version">As it was stored.</param>
    /// <param name="variant">As in <see cref="EntityTag.Of"/>.</param>
    public static IResult WithETag(this IResult result, long version, string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new TaggedResult(result, EntityTag.Of(version, variant));
    }
}
