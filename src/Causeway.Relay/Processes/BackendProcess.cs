namespace Causeway.Relay;

/// <summary>Keeps a backend's process running as its options say.</summary>
internal sealed class BackendProcess;
