namespace Causeway.Server;

/// <summary>Marks an endpoint whose body is a file, for the OpenAPI document.</summary>
internal sealed class UploadMetadata
{
    public static UploadMetadata Instance { get; } = new();
}
