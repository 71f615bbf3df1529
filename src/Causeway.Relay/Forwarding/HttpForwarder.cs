using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Relays HTTP requests: each streams to its backend and back, and nothing of it is held.</summary>
internal sealed class HttpForwarder(RelayMetrics metrics, TimeProvider time, ILogger<HttpForwarder> logger)
{
    private const int ClientClosedRequest = 499;

    private static readonly ApiError BadTarget = new(
        ErrorCode.InvalidMessage, "The path can't be relayed: it has characters that belong encoded, or hides a way out of the route's prefix.");

    private static readonly ApiError Tunnel = new(ErrorCode.InvalidMessage, "CONNECT is relayed for WebSockets only.");

    private static readonly ApiError ClientStalled = new(ErrorCode.Timeout, "The request's body stood still for too long.")
    {
        Status = StatusCodes.Status408RequestTimeout,
    };

    /// <summary>Relays a request that was let in.</summary>
    public async Task ForwardAsync(HttpContext context, RelayRoute route, RelayDecision decision)
    {
        var begun = time.GetTimestamp();
        if (HttpMethods.IsConnect(context.Request.Method))
        {
            await ErrorWriter.WriteAsync(context, Tunnel).ConfigureAwait(false);
            return;
        }

        if (context.Request.Method.AsSpan().ContainsAny(" \r\n\t") || route.TargetOf(context, decision) is not { } target)
        {
            await ErrorWriter.WriteAsync(context, BadTarget).ConfigureAwait(false);
            return;
        }

        try
        {
            var (lease, refusal) = await route.Backend.AcquireAsync(ClientLine.GoneOf(context)).ConfigureAwait(false);
            if (lease is null)
            {
                await ErrorWriter.WriteAsync(context, refusal!).ConfigureAwait(false);
            }
            else
            {
                using (lease)
                {
                    await ExchangeAsync(context, lease, target, decision).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            Leave(context, route.BackendName);
        }

        metrics.Count(route.Backend, context.Response.StatusCode, time.GetElapsedTime(begun));
    }

    private async ValueTask ExchangeAsync(HttpContext context, BackendLease lease, RelayTarget target, RelayDecision decision)
    {
        // The idle time-out judges both sides; a body may come as slowly as its backend likes.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var exchange = new Exchange(context, lease, target, decision, time);
        using var span = RelayTracing.Start(context.Request.Method, lease);
        BackendException? failed = null;
        try
        {
            await exchange.RunAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (exchange.ClientFault is BadHttpRequestException fault && !exchange.HasAnswer)
        {
            throw fault;
        }
        catch (BackendException failure) when (exchange.HasAnswer)
        {
            failed = failure;

            // The client must see that its answer is not whole.
            logger.BackendBrokeOff(lease.Backend.Name, lease.Destination.Url, context.Request.Path, failure.Message);
            context.Abort();
        }
        catch (BackendException failure)
        {
            failed = failure;
            if (exchange.AwaitedClient && failure.TimedOut)
            {
                await ErrorWriter.WriteAsync(context, ClientStalled).ConfigureAwait(false);
                return;
            }

            logger.BackendFailed(lease.Backend.Name, lease.Destination.Url, failure.Phase, exchange.Retries, failure.Message);
            await ErrorWriter.WriteAsync(context, BackendErrors.Describe(lease.Backend.Name, failure)).ConfigureAwait(false);
        }
        finally
        {
            if (span is not null)
            {
                RelayTracing.End(span, exchange, lease.Destination.Url, context.Response.StatusCode, failed);
            }
        }
    }

    private void Leave(HttpContext context, string backend)
    {
        logger.ClientLeft(backend, context.Request.Path);
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = ClientClosedRequest;
        }
        else
        {
            context.Abort();
        }
    }
}
