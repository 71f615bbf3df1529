namespace Causeway.Relay;

/// <summary>Looks at the backends, and operates their processes. Registered by <c>AddRelay</c>.</summary>
public sealed class RelayBackends
{
    private readonly RelayRoutes _routes;

    internal RelayBackends(RelayRoutes routes) => _routes = routes;

    /// <summary>Every backend, by name in ordinal order.</summary>
    public IReadOnlyList<BackendInfo> List() => [.. _routes.Backends.OrderBy(static backend => backend.Name, StringComparer.Ordinal).Select(InfoOf)];

    /// <summary>One backend; null where there is none of this name.</summary>
    public BackendInfo? Find(string name) => BackendOf(name) is { } backend ? InfoOf(backend) : null;

    /// <summary>What a backend's process printed; null where it has none.</summary>
    public BackendOutput? OutputOf(string name) => BackendOf(name)?.Process?.Output;

    /// <summary>Starts a process, whatever happened to it before. It is not waited for.</summary>
    /// <returns>False where there is no such backend, or it has no process.</returns>
    public bool Start(string name) => Act(name, static process => process.Start());

    /// <summary>Stops a process until it is started by this class: its requests are refused meanwhile. It is not waited for.</summary>
    /// <returns>False where there is no such backend, or it has no process.</returns>
    public bool Stop(string name) => Act(name, static process => process.Stop());

    /// <summary>Stops a process and starts it again; starts one that does not run. It is not waited for.</summary>
    /// <returns>False where there is no such backend, or it has no process.</returns>
    public bool Restart(string name) => Act(name, static process => process.Restart());

    private static BackendInfo InfoOf(Backend backend) => new(
        backend.Name,
        [.. backend.Destinations.Select(static destination => new AddressInfo(destination.Url, destination.Health.IsUp, destination.InFlight))],
        backend.Process?.Info);

    private bool Act(string name, Action<BackendProcess> act)
    {
        if (BackendOf(name)?.Process is not { } process)
        {
            return false;
        }

        act(process);
        return true;
    }

    private Backend? BackendOf(string name) => _routes.Backends.FirstOrDefault(backend => backend.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
