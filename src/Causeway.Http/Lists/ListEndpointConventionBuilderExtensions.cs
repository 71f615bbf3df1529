using Causeway.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Ties endpoints to the lists they answer with.</summary>
public static class ListEndpointConventionBuilderExtensions
{
    /// <summary>The endpoint answers with pages of the list; its handler takes a <see cref="RequestedList"/>.</summary>
    public static TBuilder WithList<TBuilder>(this TBuilder builder, ListSchema schema)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(schema);
        builder.Add(endpoint => endpoint.Metadata.Add(new ListMetadata(schema, IsExport: false)));
        return builder;
    }

    /// <summary>The endpoint answers with the whole list: its handler's <see cref="RequestedList"/> has order and filters, and no page.</summary>
    public static TBuilder WithExport<TBuilder>(this TBuilder builder, ListSchema schema)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(schema);
        builder.Add(endpoint => endpoint.Metadata.Add(new ListMetadata(schema, IsExport: true)));
        return builder;
    }
}
