namespace Causeway.Server;

/// <summary>Deletes idempotency keys that are over. They count no more before: this frees the room.</summary>
internal sealed class IdempotencyRetention(DatabaseIdempotencyStore store) : IUpkeep
{
    public static string Kind => "retention.idempotency_keys";

    public static string Cron => "3/10 * * * *";

    public Task RunAsync(CancellationToken cancellationToken) => store.ForgetExpiredAsync(cancellationToken).AsTask();
}
