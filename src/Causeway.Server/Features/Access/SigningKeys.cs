using Microsoft.IdentityModel.Tokens;

namespace Causeway.Server;

/// <summary>The keys that sign access tokens: the first one signs, all of them verify, so a key is replaced by putting a new one before it.</summary>
internal sealed class SigningKeys
{
    /// <summary>The fewest bytes a key may have: as many as HS256's digest (RFC 7518 §3.2).</summary>
    public const int MinBytes = 32;

    private const string GeneratedId = "generated";
    private const string FileName = "signing.key";

    private readonly Dictionary<string, SymmetricSecurityKey> _byId;

    private SigningKeys(IReadOnlyList<SymmetricSecurityKey> keys)
    {
        Current = keys[0];
        _byId = keys.ToDictionary(static key => key.KeyId, StringComparer.Ordinal);
    }

    /// <summary>The key that signs.</summary>
    public SymmetricSecurityKey Current { get; }

    /// <summary>Takes the configured keys; where there are none, the data directory's own, made when it isn't there yet.</summary>
    /// <param name="configured">Already checked by <see cref="AuthOptions"/>.</param>
    /// <param name="dataDirectory">An existing directory.</param>
    public static SigningKeys Load(IReadOnlyCollection<SigningKeyOptions> configured, string dataDirectory) => configured.Count > 0
        ? new([.. configured.Select(static key => new SymmetricSecurityKey(Convert.FromBase64String(key.Key!)) { KeyId = key.Id })])
        : new([new SymmetricSecurityKey(KeyFile.LoadOrCreate(Path.Combine(dataDirectory, FileName), MinBytes)) { KeyId = GeneratedId }]);

    /// <summary>The key a token names; null where there is none of that id.</summary>
    public SymmetricSecurityKey? Find(string? id) => id is not null && _byId.TryGetValue(id, out var key) ? key : null;
}
