using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Causeway.Identity;

/// <summary>One key that signs tokens. What is not a JWT is signed with a key derived from it, so that no token passes for one of another kind.</summary>
public sealed class SigningKey
{
    /// <summary>The fewest bytes a key may have: as many as HS256's digest (RFC 7518 §3.2).</summary>
    public const int MinBytes = 32;

    private readonly byte[] _refreshKey;
    private readonly byte[] _cookieKey;

    /// <summary>Takes a key.</summary>
    /// <param name="id">What tokens name in <c>kid</c>.</param>
    /// <param name="key">At least 32 bytes.</param>
    public SigningKey(string id, byte[] key)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, MinBytes);
        Jwt = new SymmetricSecurityKey(key) { KeyId = id };
        Credentials = new SigningCredentials(Jwt, SecurityAlgorithms.HmacSha256);
        _refreshKey = Derive(key, "causeway refresh token 1");
        _cookieKey = Derive(key, "causeway session cookie 1");
    }

    /// <summary>What tokens name in <c>kid</c>.</summary>
    public string Id => Jwt.KeyId;

    internal SymmetricSecurityKey Jwt { get; }

    internal SigningCredentials Credentials { get; }

    /// <summary>A new key of 256 random bits, whose id says nothing.</summary>
    public static SigningKey Create() => new(RandomNumberGenerator.GetHexString(12, lowercase: true), RandomNumberGenerator.GetBytes(MinBytes));

    /// <summary>A key for another purpose (HKDF, RFC 5869): who has it learns nothing of this one.</summary>
    /// <param name="purpose">Tells it from all others.</param>
    /// <param name="length">Its bytes, 1–8,160.</param>
    public byte[] Derive(string purpose, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, Jwt.Key, length, info: System.Text.Encoding.UTF8.GetBytes(purpose));
    }

    /// <inheritdoc/>
    public override string ToString() => Id;

    /// <summary>The key of refresh tokens, or of session cookies.</summary>
    internal ReadOnlySpan<byte> KeyOf(SessionKind kind) => kind == SessionKind.Cookie ? _cookieKey : _refreshKey;

    private static byte[] Derive(byte[] key, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, MinBytes, info: System.Text.Encoding.ASCII.GetBytes(purpose));
}
