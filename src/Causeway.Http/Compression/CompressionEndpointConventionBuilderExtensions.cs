using Causeway.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says which endpoints' answers are compressed.</summary>
public static class CompressionEndpointConventionBuilderExtensions
{
    private static readonly CompressionMetadata On = new(isOn: true);
    private static readonly CompressionMetadata Off = new(isOn: false);

    /// <summary>Lets the answers of the endpoints be compressed.</summary>
    public static TBuilder WithCompression<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => Add(builder, On);

    /// <summary>
    /// Keeps the answers of the endpoints as they are, whatever their group says: for event streams, for what is compressed already, and for answers that hold a secret beside
    /// something the client chose, whose length would then tell of the secret (BREACH).
    /// </summary>
    public static TBuilder WithoutCompression<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => Add(builder, Off);

    private static TBuilder Add<TBuilder>(TBuilder builder, CompressionMetadata metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
