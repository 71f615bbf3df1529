using Causeway.Data;

namespace Causeway.Identity;

/// <summary>Keys in the shared database: every node signs with the newest and verifies with all.</summary>
/// <param name="database">PostgreSQL; the table is there alone.</param>
/// <param name="keep">How long a key verifies after it was replaced.</param>
/// <param name="time">Says when.</param>
public sealed class DatabaseSigningKeys(Database database, TimeSpan keep, TimeProvider time) : ISigningKeyHome
{
    private const string Select = "SELECT id, key, made_at FROM signing_keys ORDER BY made_at DESC, id DESC";

    /// <inheritdoc/>
    public async Task<SigningKeyRing> LoadAsync(CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync<Row>(Select, null, cancellationToken).ConfigureAwait(false);
        return rows.Count > 0 ? RingOf(rows) : await database.WriteAsync(CreateFirstAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<SigningKeyRing> RotateAsync(CancellationToken cancellationToken) => database.WriteAsync(
        async (unit, token) =>
        {
            await unit.ExecuteAsync("LOCK TABLE signing_keys IN EXCLUSIVE MODE", null, token).ConfigureAwait(false);
            await InsertAsync(unit, token).ConfigureAwait(false);
            var rows = await unit.QueryAsync<Row>(Select, null, token).ConfigureAwait(false);

            // A key ends its service when the one before it began.
            var oldest = (time.GetUtcNow() - keep).ToUnixTimeMilliseconds();
            while (rows.Count > 1 && rows[^2].MadeAt < oldest)
            {
                await unit.ExecuteAsync("DELETE FROM signing_keys WHERE id = @id", new { id = rows[^1].Id }, token).ConfigureAwait(false);
                rows.RemoveAt(rows.Count - 1);
            }

            return RingOf(rows);
        },
        cancellationToken);

    /// <summary>Of several nodes that start on an empty database one makes the key, and the others find it.</summary>
    private async Task<SigningKeyRing> CreateFirstAsync(UnitOfWork unit, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync("LOCK TABLE signing_keys IN EXCLUSIVE MODE", null, cancellationToken).ConfigureAwait(false);
        var rows = await unit.QueryAsync<Row>(Select, null, cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            await InsertAsync(unit, cancellationToken).ConfigureAwait(false);
            rows = await unit.QueryAsync<Row>(Select, null, cancellationToken).ConfigureAwait(false);
        }

        return RingOf(rows);
    }

    private Task<int> InsertAsync(UnitOfWork unit, CancellationToken cancellationToken)
    {
        var key = SigningKey.Create();
        return unit.ExecuteAsync(
            "INSERT INTO signing_keys (id, key, made_at) VALUES (@id, @key, @now)",
            new { id = key.Id, key = Convert.ToBase64String(key.Jwt.Key), now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);
    }

    private static SigningKeyRing RingOf(List<Row> rows) => new([.. rows.Select(static row => new SigningKey(row.Id, Convert.FromBase64String(row.Key)))]);

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string Key { get; init; } = "";

        public long MadeAt { get; init; }
    }
}
