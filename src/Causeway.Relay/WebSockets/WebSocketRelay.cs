using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Relays WebSockets.</summary>
internal sealed class WebSocketRelay(RelayAdmission admission, ILogger<WebSocketRelay> logger)
{
    private readonly ApiError _refusal = new(ErrorCode.Unavailable, "WebSockets are not relayed.");

    public RelayAdmission Admission { get; } = admission;

    public ILogger Logger { get; } = logger;

    /// <summary>Opens a WebSocket to the backend, then the client's, and carries both ways until either ends.</summary>
    public Task RelayAsync(HttpContext context, RelayRoute route) => ErrorWriter.WriteAsync(context, _refusal);

    /// <summary>Says what <see cref="RelayAsync"/> would refuse, in a form that a browser's script can read.</summary>
    public Task PreflightAsync(HttpContext context, RelayRoute route) => ErrorWriter.WriteAsync(context, _refusal);
}
