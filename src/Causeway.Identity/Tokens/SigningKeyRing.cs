namespace Causeway.Identity;

/// <summary>The keys of one moment: the first signs, all of them verify, so a key is replaced by putting a new one before it and nobody is logged out.</summary>
public sealed class SigningKeyRing
{
    private readonly Dictionary<string, SigningKey> _byId;

    /// <summary>Makes a ring.</summary>
    /// <param name="keys">At least one; the first signs. No two have the same id.</param>
    public SigningKeyRing(IReadOnlyList<SigningKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfZero(keys.Count);
        Keys = keys;
        _byId = keys.ToDictionary(static key => key.Id, StringComparer.Ordinal);
    }

    /// <summary>All of them, the one that signs first.</summary>
    public IReadOnlyList<SigningKey> Keys { get; }

    /// <summary>The key that signs.</summary>
    public SigningKey Current => Keys[0];

    /// <summary>The key a token names; null where there is none of that id.</summary>
    public SigningKey? Find(string? id) => id is null ? null : _byId.GetValueOrDefault(id);
}
