namespace Causeway.Bench;

/// <summary>A run that could not be measured; the message says why and becomes part of the report.</summary>
internal sealed class BenchException(string message) : Exception(message);
