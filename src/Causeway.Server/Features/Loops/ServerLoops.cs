using Causeway.Http;

namespace Causeway.Server;

/// <summary>The server's own periodic work.</summary>
internal static class ServerLoops
{
    public static IServiceCollection AddServerLoops(this IServiceCollection services)
    {
        services.AddLoops();

        // Requests forget what is over as they come; this frees the memory where none come.
        return services.AddLoop("idempotency clean-up", TimeSpan.FromMinutes(1), static async (context, cancellationToken) =>
            await context.Services.GetRequiredService<IIdempotencyStore>().ForgetExpiredAsync(cancellationToken));
    }
}
