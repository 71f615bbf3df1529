using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Where the application has no gate: lets everybody use the routes that say <c>anyone</c>, and nobody the others.</summary>
internal sealed class OpenGate : IRelayGate
{
    private static readonly ApiError Closed = new(ErrorCode.Forbidden, "Nobody may use this route: it needs a gate that knows the callers.");

    public ValueTask<RelayDecision> DecideAsync(HttpContext context, RelayRoute route, string? token, CancellationToken cancellationToken) =>
        ValueTask.FromResult(route.Access == "anyone" ? RelayDecision.Anonymous : RelayDecision.Refuse(Closed));
}
