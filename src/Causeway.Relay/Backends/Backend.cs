namespace Causeway.Relay;

/// <summary>A backend in use: its addresses with their health, its process if it has one, and the connections to it.</summary>
internal sealed class Backend(string name, BackendOptions options)
{
    public string Name { get; } = name;

    public BackendOptions Options { get; } = options;

    /// <summary>The process; null where somebody else runs the backend.</summary>
    public BackendProcess? Process { get; init; }
}
