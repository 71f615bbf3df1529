using Causeway.Http;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>What the backend endpoints refuse with.</summary>
internal static class BackendRefusals
{
    private static readonly ApiError NotFound = new(ErrorCode.NotFound, "There is no such backend.");

    private static readonly ApiError NoProcess = new(ErrorCode.Conflict, "This backend has no process: somebody else runs it.");

    /// <summary>Why a backend has nothing to operate or to read.</summary>
    public static ApiError Of(string name, RelayBackends backends) => backends.Find(name) is null ? NotFound : NoProcess;
}
