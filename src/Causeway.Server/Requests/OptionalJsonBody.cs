using System.Reflection;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Causeway.Server;

/// <summary>As <see cref="JsonBody{T}"/>, for requests that may have no body at all.</summary>
internal sealed class OptionalJsonBody<T> : IEndpointParameterMetadataProvider
    where T : class
{
    private OptionalJsonBody(T? value) => Value = value;

    /// <summary>What was read; null where there was nothing to read.</summary>
    public T? Value { get; }

    public static async ValueTask<OptionalJsonBody<T>> BindAsync(HttpContext context)
    {
        var canHaveBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        return new OptionalJsonBody<T>(canHaveBody && context.Request.ContentLength != 0 ? (await JsonBody<T>.BindAsync(context)).Value : null);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T), isOptional: true));
}
