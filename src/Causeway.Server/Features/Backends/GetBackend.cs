using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Shows one backend.</summary>
internal static class GetBackend
{
    public static IResult Handle(string name, RelayBackends backends) =>
        backends.Find(name) is { } backend ? TypedResults.Ok(BackendResponse.From(backend)) : BackendRefusals.Of(name, backends).ToResult();
}
