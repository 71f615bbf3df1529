using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>Remembers which requests were made under which key, and their answers. One is in memory; a database may hold another.</summary>
public interface IIdempotencyStore
{
    /// <summary>Claims a key before its work is done, or tells what became of it.</summary>
    /// <param name="key">The key with what it belongs to.</param>
    /// <param name="fingerprint">A hash of the request; another one under the same key is another request.</param>
    /// <param name="cancellationToken">Stops waiting for the first request, which goes on.</param>
    /// <returns>
    /// A claim. <see cref="IdempotencyStatus.Mismatch"/> is told at once, also while the first request runs; else a repeat waits for the
    /// first one for as long as the options say. A claim that is <see cref="IdempotencyStatus.Claimed"/> must be ended by
    /// <see cref="CompleteAsync"/> or <see cref="ReleaseAsync"/>.
    /// </returns>
    ValueTask<IdempotencyClaim> ClaimAsync(IdempotencyKey key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken);

    /// <summary>Keeps the answer of a claimed key, and gives it to those who wait.</summary>
    ValueTask CompleteAsync(IdempotencyKey key, IdempotentAnswer answer);

    /// <summary>Frees a claimed key whose work was not done, so that the next request does it.</summary>
    ValueTask ReleaseAsync(IdempotencyKey key);

    /// <summary>Frees what is kept longer than it has to be. Called now and then, so that an idle service gives back its memory too.</summary>
    /// <param name="cancellationToken">Stops early.</param>
    /// <returns>When it is done.</returns>
    ValueTask ForgetExpiredAsync(CancellationToken cancellationToken);
}

/// <summary>What a key belongs to.</summary>
/// <param name="Principal">Who asks.</param>
/// <param name="Target">Method and path.</param>
/// <param name="Key">What the client sent.</param>
public sealed record IdempotencyKey(string Principal, string Target, string Key);

/// <summary>What became of a key.</summary>
public enum IdempotencyStatus
{
    /// <summary>The key is new: do the work.</summary>
    Claimed = 1,

    /// <summary>The work was done; here is its answer.</summary>
    Answered,

    /// <summary>The key was used for another request.</summary>
    Mismatch,

    /// <summary>The first request still runs.</summary>
    InProgress,

    /// <summary>No more keys can be taken at the moment.</summary>
    Full,
}

/// <summary>The result of claiming a key.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Answer">The first request's answer, where there is one.</param>
public readonly record struct IdempotencyClaim(IdempotencyStatus Status, IdempotentAnswer? Answer = null);

/// <summary>An answer as it was sent the first time.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The body's type, if there is a body.</param>
/// <param name="Location">The <c>Location</c> header.</param>
/// <param name="ETag">The <c>ETag</c> header.</param>
/// <param name="Body">The bytes; not changed after.</param>
public sealed record IdempotentAnswer(int Status, string? ContentType, string? Location, string? ETag, ReadOnlyMemory<byte> Body)
{
    /// <summary>The <c>Set-Cookie</c> headers.</summary>
    public StringValues Cookies { get; init; }
}
