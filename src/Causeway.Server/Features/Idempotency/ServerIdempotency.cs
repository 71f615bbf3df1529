using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Where idempotency keys are kept: in the database, but for endpoints whose work is in memory itself.</summary>
internal static class ServerIdempotency
{
    public static IServiceCollection AddServerIdempotency(this IServiceCollection services)
    {
        services.AddSingleton<AnswerSeal>();
        services.AddSingleton<DatabaseIdempotencyStore>();
        services.AddSingleton<IIdempotencyStore>(static provider => provider.GetRequiredService<DatabaseIdempotencyStore>());
        services.AddIdempotency();
        services.AddOptions<IdempotencyOptions>().Configure<MessageLimits>(static (idempotency, limits) =>
        {
            idempotency.Principal = static context => context.Features.Get<Caller>()?.Principal ?? "";
            idempotency.MaxRequestBytes = (int)limits.BatchBodyBytes;
        });

        services.AddLifespanStep(
            "idempotency keys",
            ServerDatabase.FirstOfAll + 1,
            TimeSpan.FromMinutes(1),
            static (provider, cancellationToken) => provider.GetRequiredService<DatabaseIdempotencyStore>().ForgetAbandonedAsync(cancellationToken));

        // Requests forget what is over as they come; this frees the room where none come.
        services.AddUpkeep<IdempotencyRetention>();
        services.AddLoop("idempotency clean-up", TimeSpan.FromMinutes(1), static (context, cancellationToken) =>
            context.Services.GetRequiredKeyedService<IIdempotencyStore>(IdempotencyServiceCollectionExtensions.InMemory).ForgetExpiredAsync(cancellationToken).AsTask());
        return services.AddLoop("idempotency leases", DatabaseIdempotencyStore.Lease / 3, static (context, cancellationToken) =>
            context.Services.GetRequiredService<DatabaseIdempotencyStore>().RenewAsync(cancellationToken));
    }
}
