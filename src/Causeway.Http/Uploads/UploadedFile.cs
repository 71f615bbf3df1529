namespace Causeway.Http;

/// <summary>A file that came whole, and was what it said.</summary>
/// <param name="Bytes">How many.</param>
/// <param name="MediaType">Its type, without parameters: as declared, where the bytes agree, else as found in them.</param>
/// <param name="Sha256">Of its bytes.</param>
public sealed record UploadedFile(long Bytes, string MediaType, ReadOnlyMemory<byte> Sha256);
