using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Makes endpoints idempotent.</summary>
public static class IdempotencyEndpointConventionBuilderExtensions
{
    /// <summary>Runs the endpoint once per <c>Idempotency-Key</c> of a principal; requests without a key run as ever.</summary>
    /// <remarks>
    /// A repeat gets the first status and body, with <c>Idempotency-Replayed: true</c>, and does nothing. Another body under the key: 422. A
    /// repeat while the first still runs waits for it, then 409. A first run that throws, or answers from 500 on, 401, 403, 408, 425 or 429,
    /// frees the key. The answer is held back until the endpoint is through, so don't use it on streams. Needs <c>AddIdempotency</c>.
    /// </remarks>
    /// <param name="builder">The endpoint, or a group of them.</param>
    /// <param name="inMemory">Keeps keys in this process's memory whatever the application's store is: for work that is not longer-lived itself.</param>
    public static TBuilder WithIdempotency<TBuilder>(this TBuilder builder, bool inMemory = false)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } inner)
            {
                return;
            }

            var services = endpoint.ApplicationServices;
            var store = services.GetKeyedService<IIdempotencyStore>(inMemory ? IdempotencyServiceCollectionExtensions.InMemory : null)
                ?? throw new InvalidOperationException("WithIdempotency needs services.AddIdempotency().");
            endpoint.RequestDelegate = new IdempotentEndpoint(
                inner,
                store,
                services.GetRequiredService<IOptions<IdempotencyOptions>>().Value,
                services.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Http.Idempotency")).InvokeAsync;
        });
        return builder;
    }
}
