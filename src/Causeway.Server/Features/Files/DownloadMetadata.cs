namespace Causeway.Server;

/// <summary>Marks an endpoint that answers with bytes of any media type, for the OpenAPI document; the framework's own metadata knows no such.</summary>
internal sealed class DownloadMetadata
{
    public static DownloadMetadata Instance { get; } = new();
}
