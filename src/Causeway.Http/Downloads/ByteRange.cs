namespace Causeway.Http;

/// <summary>A part of a content.</summary>
/// <param name="First">Its first byte, from 0.</param>
/// <param name="Length">Its bytes, at least 1.</param>
internal readonly record struct ByteRange(long First, long Length)
{
    /// <summary>Its last byte.</summary>
    public long Last => First + Length - 1;
}
