namespace Causeway.Streams;

/// <summary>A configured source.</summary>
/// <param name="Name">In the configuration.</param>
/// <param name="Path">Of its file, full.</param>
/// <param name="Options">Checked.</param>
internal sealed record StreamSource(string Name, string Path, StreamSourceOptions Options);
