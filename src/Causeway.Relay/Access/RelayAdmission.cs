using Causeway.Hosting;
using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>What every relayed request passes before its backend is asked.</summary>
internal sealed class RelayAdmission(IRelayGate gate, DrainState? drain)
{
    private static readonly ApiError Loop = new(ErrorCode.BackendUnreachable, "The request came round in a circle: the backend of this route is this service.")
    {
        Status = StatusCodes.Status508LoopDetected,
    };

    private static readonly ApiError BadName = new(ErrorCode.InvalidMessage, "A header's name has characters that no name may have.");

    /// <summary>What a WebSocket is refused with while the service stops: it says when to come back.</summary>
    public ApiError Stopping => new(ErrorCode.Draining, "The server is stopping; come back shortly.")
    {
        RetryAfter = (drain?.Remaining ?? TimeSpan.Zero) + TimeSpan.FromSeconds(1),
    };

    /// <summary>Decides about one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">Its route.</param>
    /// <param name="token">As <see cref="IRelayGate"/> wants it.</param>
    /// <param name="isWebSocket">Whether it would stay: while the service stops, only short requests are still served.</param>
    public ValueTask<RelayDecision> AdmitAsync(HttpContext context, RelayRoute route, string? token, bool isWebSocket)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) && !HeaderRules.AreTokens(context.Request.Headers))
        {
            return ValueTask.FromResult(RelayDecision.Refuse(BadName));
        }

        if (RelayName.IsLoop(context.Request.Headers.Via))
        {
            return ValueTask.FromResult(RelayDecision.Refuse(Loop));
        }

        if (isWebSocket && drain is { IsDraining: true })
        {
            return ValueTask.FromResult(RelayDecision.Refuse(Stopping));
        }

        return gate.DecideAsync(context, route, token, ClientLine.GoneOf(context));
    }
}
