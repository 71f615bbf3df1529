using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Causeway.Data;
using Causeway.Http;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>
/// Keeps keys and answers in the database, for all nodes and beyond a restart. A claim is a row before the work begins; the answer joins it in the
/// transaction of the work where that wants it (<see cref="KeepAsync(UnitOfWork, IdempotencyKey, IdempotentAnswer, CancellationToken)"/>).
/// </summary>
/// <remarks>
/// A claim is leased, and the lease renewed while its request runs: a node that died holds nothing for longer. One that was only slow finds its claim
/// gone when it wants to keep its answer, and its work is then undone.
/// </remarks>
internal sealed class DatabaseIdempotencyStore(
    Database database, AnswerSeal seal, IOptions<IdempotencyOptions> options, TimeProvider time, ILogger<DatabaseIdempotencyStore> logger) : IIdempotencyStore
{
    /// <summary>How long a claim holds that nobody renews.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const int ForgottenAtOnce = 1_000;

    // A repeat on another node sees the first one's end at most this much later.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, Running> _running = new();

    /// <inheritdoc/>
    public async ValueTask<IdempotencyClaim> ClaimAsync(IdempotencyKey key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken)
    {
        var (id, current) = (IdOf(key), await seal.CurrentAsync(key, cancellationToken));
        var begun = time.GetTimestamp();
        var limit = options.Value.WaitForFirst;
        while (true)
        {
            if (await TryClaimAsync(id, current, fingerprint, cancellationToken) is { } running)
            {
                _running[id] = running;
                return new IdempotencyClaim(IdempotencyStatus.Claimed);
            }

            var row = await FindAsync(id, cancellationToken);
            while (row is not null && !IsFree(row, time.GetUtcNow().ToUnixTimeMilliseconds()))
            {
                var sealedBy = row.SealedBy == current.KeyId ? current : seal.Find(row.SealedBy, key);
                if (row.Fingerprint != sealedBy?.Print(fingerprint))
                {
                    return new IdempotencyClaim(IdempotencyStatus.Mismatch);
                }

                if (row.Status is { } status)
                {
                    var (body, cookies) = sealedBy.Open(row.Body);
                    return new IdempotencyClaim(IdempotencyStatus.Answered, new IdempotentAnswer((int)status, row.ContentType, row.Location, row.Etag, body) { Cookies = cookies });
                }

                var left = limit - time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero)
                {
                    return new IdempotencyClaim(IdempotencyStatus.InProgress);
                }

                await WaitAsync(id, left < LookAgain ? left : LookAgain, cancellationToken);
                row = await FindAsync(id, cancellationToken);
            }
        }
    }

    /// <summary>Keeps the answer of a claimed key in the transaction of its work: either both are done or neither.</summary>
    /// <exception cref="ApiErrorException">The claim was lost to a repeat, since this node did not renew it: 409, and the work is undone.</exception>
    public async Task KeepAsync(UnitOfWork unit, IdempotentRequest request, IdempotentAnswer answer, CancellationToken cancellationToken)
    {
        await KeepAsync(unit, request.Key, answer, cancellationToken);
        unit.OnCommitted(() => request.IsKept = true);
    }

    /// <inheritdoc cref="KeepAsync(UnitOfWork, IdempotentRequest, IdempotentAnswer, CancellationToken)"/>
    public async Task KeepAsync(UnitOfWork unit, IdempotencyKey key, IdempotentAnswer answer, CancellationToken cancellationToken)
    {
        var id = IdOf(key);
        if (!_running.TryGetValue(id, out var running) || await AnswerAsync(unit, id, running, answer, cancellationToken) == 0)
        {
            throw new ApiErrorException(new ApiError(ErrorCode.Conflict, "The same request was begun again meanwhile; this one was undone."));
        }

        unit.OnCommitted(() => End(id));
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(IdempotencyKey key, IdempotentAnswer answer)
    {
        var id = IdOf(key);
        if (!_running.TryGetValue(id, out var running))
        {
            return;
        }

        try
        {
            // Not with the request's token: the work is done, and its client may have left.
            await database.WriteAsync((unit, token) => AnswerAsync(unit, id, running, answer, token), CancellationToken.None);
        }
        finally
        {
            End(id);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(IdempotencyKey key)
    {
        var id = IdOf(key);
        if (!_running.TryGetValue(id, out var running))
        {
            return;
        }

        try
        {
            await database.ExecuteAsync("DELETE FROM idempotency_keys WHERE id = @id AND claim = @Claim AND status IS NULL", new { id, running.Claim });
        }
        catch (DatabaseUnavailableException exception)
        {
            // What made the work fail most likely; the lease ends by itself.
            logger.ClaimNotReleased(exception);
        }
        finally
        {
            End(id);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ForgetExpiredAsync(CancellationToken cancellationToken)
    {
        int forgotten;
        do
        {
            // In small portions: the writer is everybody's.
            forgotten = await database.ExecuteAsync(
                $"DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys WHERE expires_at <= @now LIMIT {ForgottenAtOnce})",
                new { now = time.GetUtcNow().ToUnixTimeMilliseconds() },
                cancellationToken);
        }
        while (forgotten == ForgottenAtOnce);
    }

    /// <summary>Renews the leases of the requests that run here. Called several times within one lease.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var claims = _running.Select(static pair => new { Id = pair.Key, pair.Value.Claim, Until = 0L }).ToList();
        if (claims.Count > 0)
        {
            var until = (time.GetUtcNow() + Lease).ToUnixTimeMilliseconds();
            await database.WriteAsync(
                (unit, token) => unit.ExecuteAsync(
                    "UPDATE idempotency_keys SET lease_until = @Until WHERE id = @Id AND claim = @Claim AND status IS NULL",
                    claims.Select(claim => claim with { Until = until }),
                    token),
                cancellationToken);
        }
    }

    /// <summary>Frees what requests of an earlier run of this service left behind; only where no other node shares the database.</summary>
    public Task ForgetAbandonedAsync(CancellationToken cancellationToken) => database.Provider == DatabaseProvider.Sqlite
        ? database.ExecuteAsync("DELETE FROM idempotency_keys WHERE status IS NULL", cancellationToken: cancellationToken)
        : Task.CompletedTask;

    private static string IdOf(IdempotencyKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key.Principal}\0{key.Target}\0{key.Key}")));

    private static bool IsFree(Row row, long now) => row.ExpiresAt <= now || (row.Status is null && row.LeaseUntil <= now);

    private static Task<int> AnswerAsync(UnitOfWork unit, string id, Running running, IdempotentAnswer answer, CancellationToken cancellationToken) => unit.ExecuteAsync(
        """
        UPDATE idempotency_keys SET status = @Status, content_type = @ContentType, location = @Location, etag = @ETag, body = @Body
        WHERE id = @id AND claim = @Claim AND status IS NULL
        """,
        new { id, running.Claim, Status = (long)answer.Status, answer.ContentType, answer.Location, answer.ETag, Body = running.Seal.Seal(answer) },
        cancellationToken);

    /// <summary>Inserts the row, or takes over one that is nobody's any more.</summary>
    private async Task<Running?> TryClaimAsync(string id, SealKey current, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken)
    {
        var running = new Running(Guid.NewGuid().ToString("N"), current);
        var now = time.GetUtcNow();
        var inserted = await database.ExecuteAsync(
            """
            INSERT INTO idempotency_keys (id, fingerprint, sealed_by, claim, lease_until, expires_at, body)
            VALUES (@id, @fingerprint, @KeyId, @Claim, @leaseUntil, @expiresAt, @body)
            ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, sealed_by = excluded.sealed_by, claim = excluded.claim, lease_until = excluded.lease_until,
                expires_at = excluded.expires_at, status = NULL, content_type = NULL, location = NULL, etag = NULL, body = excluded.body
            WHERE idempotency_keys.expires_at <= @now OR (idempotency_keys.status IS NULL AND idempotency_keys.lease_until <= @now)
            """,
            new
            {
                id,
                fingerprint = current.Print(fingerprint),
                current.KeyId,
                running.Claim,
                leaseUntil = (now + Lease).ToUnixTimeMilliseconds(),
                expiresAt = (now + options.Value.Retention).ToUnixTimeMilliseconds(),
                body = Array.Empty<byte>(),
                now = now.ToUnixTimeMilliseconds(),
            },
            cancellationToken);
        return inserted == 1 ? running : null;
    }

    private Task<Row?> FindAsync(string id, CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<Row>(
        "SELECT fingerprint, sealed_by, lease_until, expires_at, status, content_type, location, etag, body FROM idempotency_keys WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Until the first request ends, if it runs here; else a while.</summary>
    private async Task WaitAsync(string id, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await (_running.TryGetValue(id, out var running) ? running.Ended.Task.WaitAsync(limit, time, cancellationToken) : Task.Delay(limit, time, cancellationToken));
        }
        catch (TimeoutException)
        {
            // It still runs; the row says more.
        }
    }

    private void End(string id)
    {
        if (_running.TryRemove(id, out var running))
        {
            running.Ended.TrySetResult();
        }
    }

    private sealed record Running(string Claim, SealKey Seal)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made of rows.")]
    private sealed record Row(string Fingerprint, string SealedBy, long LeaseUntil, long ExpiresAt, long? Status, string? ContentType, string? Location, string? Etag, byte[] Body);
}
