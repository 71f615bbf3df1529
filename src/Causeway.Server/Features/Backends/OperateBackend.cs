using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Starts, stops and restarts a backend's process; the answer shows it a moment after the order was given.</summary>
internal static class OperateBackend
{
    public static IResult Start(string name, RelayBackends backends) => Answer(name, backends, backends.Start(name));

    public static IResult Stop(string name, RelayBackends backends) => Answer(name, backends, backends.Stop(name));

    public static IResult Restart(string name, RelayBackends backends) => Answer(name, backends, backends.Restart(name));

    private static IResult Answer(string name, RelayBackends backends, bool done) =>
        done && backends.Find(name) is { } backend
            ? TypedResults.Accepted((string?)null, BackendResponse.From(backend))
            : BackendRefusals.Of(name, backends).ToResult();
}
