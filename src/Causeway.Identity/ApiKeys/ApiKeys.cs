using System.Text.Json.Nodes;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>What became of a change to an API key.</summary>
public enum ApiKeyStatus
{
    /// <summary>It is done.</summary>
    Done = 1,

    /// <summary>There is no such key.</summary>
    NotFound,

    /// <summary>It is not the version that was to be changed.</summary>
    OtherVersion,
}

/// <summary>The result of a change to an API key.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Key">As it is now; null where it was not done, or is gone.</param>
public readonly record struct ApiKeyResult(ApiKeyStatus Status, ApiKey? Key = null);

/// <summary>What to change of an API key; null stays as it is.</summary>
public sealed record ApiKeyChanges
{
    /// <summary>What it is for.</summary>
    public string? Name { get; init; }

    /// <summary>What it may do.</summary>
    public PermissionSet? Scopes { get; init; }

    /// <summary>Whether <see cref="ExpiresAt"/> counts.</summary>
    public bool SetsExpiry { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>True ends it for good.</summary>
    public bool Revokes { get; init; }
}

/// <summary>The API keys. A key does what its scopes say as far as its owner may do it at that moment; one that is revoked is void at once, on every node.</summary>
public sealed class ApiKeys
{
    private readonly Database _database;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    internal ApiKeys(Database database, AccessChangeLog changes, AuditLog audit, TimeProvider time) => (_database, _changes, _audit, _time) = (database, changes, audit, time);

    /// <summary>One key; null where there is none.</summary>
    public async Task<ApiKey?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        (await _database.QuerySingleOrDefaultAsync<ApiKeyRow>($"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false))?.ToApiKey();

    /// <summary>Makes a key.</summary>
    /// <param name="name">What it is for, 1–100 characters.</param>
    /// <param name="scopes">What it may do; whoever makes it must be allowed to.</param>
    /// <param name="ownerId">Whose it is; null for the service's own.</param>
    /// <param name="expiresAt">When it ends; null for never.</param>
    /// <param name="origin">Who makes it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The key, and its secret, which is nowhere else from now on.</returns>
    public Task<(ApiKey Key, ApiKeySecret Secret)> CreateAsync(
        string name, PermissionSet scopes, string? ownerId, DateTimeOffset? expiresAt, AuditOrigin origin, CancellationToken cancellationToken = default) =>
        _database.WriteAsync((unit, token) => CreateAsync(unit, name, scopes, ownerId, expiresAt, origin, token), cancellationToken);

    /// <summary>The same in a transaction of the caller's.</summary>
    /// <inheritdoc cref="CreateAsync(string, PermissionSet, string?, DateTimeOffset?, AuditOrigin, CancellationToken)"/>
    public async Task<(ApiKey Key, ApiKeySecret Secret)> CreateAsync(
        UnitOfWork unit, string name, PermissionSet scopes, string? ownerId, DateTimeOffset? expiresAt, AuditOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(scopes);
        ArgumentNullException.ThrowIfNull(origin);
        var (secret, now) = (ApiKeySecret.Create(), _time.GetUtcNow());
        var row = new ApiKeyRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Prefix = secret.Prefix,
            Hash = secret.Hash(),
            Name = name,
            Scopes = WordList.Write(scopes),
            OwnerId = ownerId,
            CreatedAt = now.ToUnixTimeMilliseconds(),
            UpdatedAt = now.ToUnixTimeMilliseconds(),
            ExpiresAt = expiresAt?.ToUnixTimeMilliseconds(),
            Version = 1,
        };
        await unit.ExecuteAsync(
            $"""
            INSERT INTO api_keys ({ApiKeyRow.Columns})
            VALUES (@Id, @Prefix, @Hash, @Name, @Scopes, @OwnerId, @CreatedAt, @UpdatedAt, @ExpiresAt, @LastUsedAt, @LastUsedAddress, @RevokedAt, @Version)
            """,
            row, cancellationToken).ConfigureAwait(false);

        // The prefix may have been asked for, and its absence be remembered.
        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.ApiKey, ownerId, ApiKeyId: row.Id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit, new AuditEntry("api_key.create", AuditOutcome.Success, origin, "key:" + row.Id, new JsonObject { ["name"] = name, ["scopes"] = scopes.ToString() }), cancellationToken).ConfigureAwait(false);
        return (row.ToApiKey(), secret);
    }

    /// <summary>Changes a key. One that was revoked stays so.</summary>
    /// <param name="id">Which.</param>
    /// <param name="changes">What.</param>
    /// <param name="version">The version to change; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ApiKeyResult> UpdateAsync(string id, ApiKeyChanges changes, long? version, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(origin);
        return _database.WriteAsync(
            async (unit, token) =>
            {
                var before = await unit.QuerySingleOrDefaultAsync<ApiKeyRow>($"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE id = @id", new { id }, token).ConfigureAwait(false);
                if (before is null)
                {
                    return new ApiKeyResult(ApiKeyStatus.NotFound);
                }

                var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
                var after = before with
                {
                    Name = changes.Name ?? before.Name,
                    Scopes = changes.Scopes is null ? before.Scopes : WordList.Write(changes.Scopes),
                    ExpiresAt = changes.SetsExpiry ? changes.ExpiresAt?.ToUnixTimeMilliseconds() : before.ExpiresAt,
                    RevokedAt = before.RevokedAt ?? (changes.Revokes ? now : null),
                    UpdatedAt = now,
                    Version = before.Version + 1,
                };
                if (version is { } expected && before.Version != expected
                    || await unit.ExecuteAsync(
                        """
                        UPDATE api_keys SET name = @Name, scopes = @Scopes, expires_at = @ExpiresAt, revoked_at = @RevokedAt, updated_at = @UpdatedAt, version = @Version
                        WHERE id = @Id AND version = @Version - 1
                        """,
                        after, token).ConfigureAwait(false) == 0)
                {
                    return new ApiKeyResult(ApiKeyStatus.OtherVersion);
                }

                await WriteChangeAsync(unit, after, before.RevokedAt is null && after.RevokedAt is not null ? "api_key.revoke" : "api_key.update", origin, token).ConfigureAwait(false);
                return new ApiKeyResult(ApiKeyStatus.Done, after.ToApiKey());
            },
            cancellationToken);
    }

    /// <summary>Deletes a key; whoever has it is let in no more.</summary>
    /// <param name="id">Which.</param>
    /// <param name="version">The version to delete; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<ApiKeyResult> DeleteAsync(string id, long? version, AuditOrigin origin, CancellationToken cancellationToken = default) => _database.WriteAsync(
        async (unit, token) =>
        {
            var before = await unit.QuerySingleOrDefaultAsync<ApiKeyRow>($"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE id = @id", new { id }, token).ConfigureAwait(false);
            if (before is null)
            {
                return new ApiKeyResult(ApiKeyStatus.NotFound);
            }

            if (version is { } expected && before.Version != expected)
            {
                return new ApiKeyResult(ApiKeyStatus.OtherVersion);
            }

            await unit.ExecuteAsync("DELETE FROM api_keys WHERE id = @id", new { id }, token).ConfigureAwait(false);
            await WriteChangeAsync(unit, before, "api_key.delete", origin, token).ConfigureAwait(false);
            return new ApiKeyResult(ApiKeyStatus.Done);
        },
        cancellationToken);

    private async Task WriteChangeAsync(UnitOfWork unit, ApiKeyRow row, string action, AuditOrigin origin, CancellationToken cancellationToken)
    {
        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.ApiKey, row.OwnerId, ApiKeyId: row.Id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit,
            new AuditEntry(action, AuditOutcome.Success, origin, "key:" + row.Id, new JsonObject { ["name"] = row.Name, ["scopes"] = string.Join(' ', WordList.Read(row.Scopes)) }),
            cancellationToken).ConfigureAwait(false);
    }
}
