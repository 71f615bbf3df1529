using Causeway.Http;
using Microsoft.Extensions.Primitives;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says of endpoints that they are on their way out.</summary>
public static class DeprecationEndpointConventionBuilderExtensions
{
    /// <summary>Sends <c>Deprecation</c> (RFC 9745), <c>Sunset</c> (RFC 8594) and a <c>Link</c> to the documentation with every answer of the endpoints; they go on working.</summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="since">From when they should no longer be used; may lie ahead.</param>
    /// <param name="sunset">From when they may be gone; null where that is not settled.</param>
    /// <param name="documentation">An address, relative or absolute, that says what to use instead; null for none.</param>
    /// <exception cref="ArgumentException">They would be gone before they are deprecated, or the address is none.</exception>
    public static TBuilder WithDeprecation<TBuilder>(this TBuilder builder, DateTimeOffset since, DateTimeOffset? sunset = null, string? documentation = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var metadata = new DeprecationMetadata(since, sunset, documentation);
        StringValues deprecation = metadata.DeprecationHeader, gone = metadata.SunsetHeader, link = metadata.LinkHeader;
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        builder.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } inner)
            {
                return;
            }

            endpoint.RequestDelegate = context =>
            {
                var headers = context.Response.Headers;
                headers["Deprecation"] = deprecation;
                if (gone.Count > 0)
                {
                    headers["Sunset"] = gone;
                }

                if (link.Count > 0)
                {
                    headers.Link = StringValues.Concat(headers.Link, link);
                }

                return inner(context);
            };
        });
        return builder;
    }
}
