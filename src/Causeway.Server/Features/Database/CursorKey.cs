using System.Security.Cryptography;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>The key that signs cursors: made once and kept with the data, so that a cursor outlives a restart, and every node reads those of the others.</summary>
internal sealed class CursorKey(Database database, CursorProtector cursors, TimeProvider time)
{
    private const string Name = "cursors";
    private const int Bytes = 32;
    private const string Select = "SELECT key FROM kept_keys WHERE name = @Name";

    /// <summary>Puts it into force; until then cursors are signed with a key of the process, and these stay good.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var key = await database.QuerySingleOrDefaultAsync<string>(Select, new { Name }, cancellationToken) ?? await database.WriteAsync(CreateAsync, cancellationToken);
        cursors.SignWith(Convert.FromBase64String(key));
    }

    /// <summary>Of several nodes that start on an empty database one makes the key, and the others find it.</summary>
    private async Task<string> CreateAsync(UnitOfWork unit, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync(
            "INSERT INTO kept_keys (name, key, made_at) VALUES (@Name, @key, @now) ON CONFLICT (name) DO NOTHING",
            new { Name, key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)), now = time.GetUtcNow().ToUnixTimeMilliseconds() },
            cancellationToken);
        return (await unit.QuerySingleOrDefaultAsync<string>(Select, new { Name }, cancellationToken))!;
    }
}
