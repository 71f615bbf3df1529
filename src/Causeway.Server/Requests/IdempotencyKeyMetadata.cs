namespace Causeway.Server;

/// <summary>Marks an endpoint that takes an <c>Idempotency-Key</c>, for the OpenAPI document.</summary>
internal sealed class IdempotencyKeyMetadata
{
    public static IdempotencyKeyMetadata Instance { get; } = new();
}
