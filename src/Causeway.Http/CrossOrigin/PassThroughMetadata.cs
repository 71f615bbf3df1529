namespace Causeway.Http;

/// <summary>Marks an endpoint whose answers are somebody else's, such as a relayed backend's: they get no cross-origin headers and no compression of ours.</summary>
public sealed class PassThroughMetadata
{
    private PassThroughMetadata()
    {
    }

    /// <summary>The one there is.</summary>
    public static PassThroughMetadata Instance { get; } = new();
}
