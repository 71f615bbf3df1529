using System.Security.Cryptography;
using System.Text;
using Causeway.Http;
using Causeway.Identity;
using Microsoft.Extensions.Primitives;

namespace Causeway.Server;

/// <summary>
/// Seals what is kept under an <c>Idempotency-Key</c>: answers may hold secrets, and requests passwords. The key is derived from a signing key and from the client's
/// <c>Idempotency-Key</c>, which is stored nowhere: who has the database alone reads nothing.
/// </summary>
internal sealed class AnswerSeal(SigningKeys keys)
{
    /// <summary>The seal of a new request.</summary>
    public async ValueTask<SealKey> CurrentAsync(IdempotencyKey key, CancellationToken cancellationToken) => Of((await keys.GetAsync(cancellationToken)).Current, key);

    /// <summary>The seal of an earlier one; null where its signing key is gone.</summary>
    public SealKey? Find(string keyId, IdempotencyKey key) => keys.Ring.Find(keyId) is { } found ? Of(found, key) : null;

    private static SealKey Of(SigningKey key, IdempotencyKey of) =>
        new(key.Id, key.Derive($"causeway idempotency 1\0{of.Principal}\0{of.Target}\0{of.Key}", SealKey.Bytes));
}

/// <summary>What seals one request and its answer.</summary>
/// <param name="keyId">The signing key it is derived from.</param>
/// <param name="key">The derived key.</param>
internal sealed class SealKey(string keyId, byte[] key)
{
    public const int Bytes = EncryptionBytes + HMACSHA256.HashSizeInBytes;
    private const int EncryptionBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>The signing key's id.</summary>
    public string KeyId => keyId;

    /// <summary>A request's fingerprint, of which nobody learns the request by trying.</summary>
    public string Print(ReadOnlyMemory<byte> fingerprint) => Convert.ToHexStringLower(HMACSHA256.HashData(key.AsSpan(EncryptionBytes), fingerprint.Span));

    /// <summary>The secret parts of an answer, sealed: its body and its cookies.</summary>
    public byte[] Seal(IdempotentAnswer answer)
    {
        using var plain = new MemoryStream();
        using (var writer = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(answer.Cookies.Count);
            foreach (var cookie in answer.Cookies)
            {
                writer.Write(cookie ?? "");
            }

            writer.Write(answer.Body.Span);
        }

        var length = (int)plain.Length;
        var wire = new byte[NonceBytes + TagBytes + length];
        RandomNumberGenerator.Fill(wire.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key.AsSpan(0, EncryptionBytes), TagBytes);
        cipher.Encrypt(wire.AsSpan(0, NonceBytes), plain.GetBuffer().AsSpan(0, length), wire.AsSpan(NonceBytes + TagBytes), wire.AsSpan(NonceBytes, TagBytes));
        return wire;
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="CryptographicException">They were sealed by another key, or changed.</exception>
    public (ReadOnlyMemory<byte> Body, StringValues Cookies) Open(byte[] wire)
    {
        var plain = new byte[wire.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key.AsSpan(0, EncryptionBytes), TagBytes);
        cipher.Decrypt(wire.AsSpan(0, NonceBytes), wire.AsSpan(NonceBytes + TagBytes), wire.AsSpan(NonceBytes, TagBytes), plain);
        using var stream = new MemoryStream(plain);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        var cookies = new string[reader.ReadInt32()];
        for (var i = 0; i < cookies.Length; i++)
        {
            cookies[i] = reader.ReadString();
        }

        return (plain.AsMemory((int)stream.Position), cookies);
    }
}
