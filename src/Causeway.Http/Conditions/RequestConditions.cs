using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>The conditions of an update (RFC 9110, section 13): <c>If-Match</c> with the tag that was read, or <c>If-None-Match: *</c> to create only.</summary>
/// <remarks>
/// A handler takes it as a parameter and asks <see cref="Check"/> where it knows the stored version: inside the transaction that changes it, so that nobody comes between.
/// A thing that is not there is the handler's 404 first, as the standard has it.
/// </remarks>
public sealed class RequestConditions : IEndpointParameterMetadataProvider
{
    private readonly IList<EntityTagHeaderValue>? _ifMatch;
    private readonly IList<EntityTagHeaderValue>? _ifNoneMatch;
    private readonly bool _required;

    private RequestConditions(IList<EntityTagHeaderValue>? ifMatch, IList<EntityTagHeaderValue>? ifNoneMatch, bool required) =>
        (_ifMatch, _ifNoneMatch, _required) = (ifMatch, ifNoneMatch, required);

    /// <summary>Reads the conditions of a request.</summary>
    /// <exception cref="ApiErrorException">A header is not a list of entity tags: 400 <c>INVALID_MESSAGE</c>.</exception>
    public static RequestConditions Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Request.Headers;
        return new(
            Parse(headers.IfMatch, HeaderNames.IfMatch),
            Parse(headers.IfNoneMatch, HeaderNames.IfNoneMatch),
            context.RequestServices?.GetService<IOptions<RequestConditionOptions>>()?.Value.RequireIfMatch == true);
    }

    /// <summary>Gives a handler the conditions of its request.</summary>
    public static ValueTask<RequestConditions?> BindAsync(HttpContext context) => ValueTask.FromResult<RequestConditions?>(Of(context));

    /// <summary>Whether the update may go on.</summary>
    /// <param name="version">The stored version; null where the thing does not exist and is about to be made.</param>
    /// <returns>
    /// Null where it may. 412 <c>PRECONDITION_FAILED</c> where the thing is not as the client read it, with the present tag in <c>details.etag</c>; the same with status 428
    /// where a condition is required and there is none.
    /// </returns>
    public ApiError? Check(long? version)
    {
        if (_ifMatch is not null)
        {
            if (version is null || !_ifMatch.Any(tag => Matches(tag, version.Value)))
            {
                return Failed(version, "It is not as the request expects it; read it again.");
            }
        }
        else if (_required && version is not null && _ifNoneMatch is null)
        {
            return Failed(version, "Say in If-Match which version is meant: the ETag it was read with.") with { Status = StatusCodes.Status428PreconditionRequired };
        }

        return version is not null && _ifNoneMatch?.Any(tag => IsSame(tag, version.Value)) == true ? Failed(version, "It is there already.") : null;
    }

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(ConditionalMetadata.Instance);

    private static List<EntityTagHeaderValue>? Parse(Microsoft.Extensions.Primitives.StringValues values, string header)
    {
        if (values.Count == 0)
        {
            return null;
        }

        return EntityTagHeaderValue.TryParseStrictList(values, out var tags) && tags.Count > 0
            ? [.. tags]
            : throw new ApiErrorException(new ApiError(ErrorCode.InvalidMessage, $"{header} must be * or entity tags in quotes.")
            {
                Details = new JsonObject { ["header"] = header },
            });
    }

    // Strong comparison: a weak tag never matches.
    private static bool Matches(EntityTagHeaderValue tag, long version) => tag.Equals(EntityTagHeaderValue.Any) || !tag.IsWeak && IsSame(tag, version);

    private static bool IsSame(EntityTagHeaderValue tag, long version) =>
        tag.Equals(EntityTagHeaderValue.Any) || EntityTag.TryGetVersion(tag.Tag.AsSpan(), out var named) && named == version;

    private static ApiError Failed(long? version, string message) => new(ErrorCode.PreconditionFailed, message)
    {
        Details = version is { } present ? new JsonObject { ["etag"] = EntityTag.Of(present) } : null,
    };
}
