using Causeway.Hosting;
using Causeway.Http;
using Causeway.Streams;
using Microsoft.AspNetCore.Http.Metadata;

namespace Causeway.Server;

/// <summary>Growing files as event streams: list, look, read. Whoever may come at all may read them, as rooms without a rule of their own.</summary>
internal static class StreamEndpoints
{
    private static readonly ProducesResponseTypeMetadata[] Refusals =
        [.. new[] { 401, 403, 404, 422, 429 }.Select(static status => new ProducesResponseTypeMetadata(status, typeof(ErrorDocument), ["application/json"]))];

    public static IServiceCollection AddStreams(this IServiceCollection services, ServerSettings settings)
    {
        services.AddStreams(settings.Apply);
        return services.AddSingleton(static provider =>
        {
            var drain = provider.GetRequiredService<DrainState>();
            return new StreamDrain(() => drain.Remaining, drain.Draining);
        });
    }

    // Without a rate limit: a browser reopens a stream by itself, and gives up for good at a 429. How many may be open is limited.
    public static void MapStreamEndpoints(this RouteGroupBuilder api) =>
        api.MapStreams("/streams").WithoutRateLimit().WithoutCompression().WithTags("Streams").WithMetadata(AccessRule.LiveCredential).WithMetadata([.. Refusals]);
}
