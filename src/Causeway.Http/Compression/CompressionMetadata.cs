namespace Causeway.Http;

/// <summary>Whether an endpoint's answers may be compressed; the last one of an endpoint's metadata counts, and without any they are not.</summary>
/// <param name="isOn">Whether they may.</param>
public sealed class CompressionMetadata(bool isOn)
{
    /// <summary>Whether they may.</summary>
    public bool IsOn { get; } = isOn;
}
