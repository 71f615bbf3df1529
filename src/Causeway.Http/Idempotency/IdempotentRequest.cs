namespace Causeway.Http;

/// <summary>The claimed key of a request that runs; a feature of its <c>HttpContext</c>. Work that can keep its answer together with what it does, in one transaction, finds here what to keep it under.</summary>
/// <param name="store">Where the key is claimed.</param>
/// <param name="key">The key.</param>
public sealed class IdempotentRequest(IIdempotencyStore store, IdempotencyKey key)
{
    /// <summary>Where the key is claimed.</summary>
    public IIdempotencyStore Store { get; } = store;

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; } = key;

    /// <summary>Whether the work has kept its answer itself: the store is then neither asked to keep it nor to free the key, whatever happens to the answer on its way.</summary>
    public bool IsKept { get; set; }
}
