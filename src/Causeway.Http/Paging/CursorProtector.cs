using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Causeway.Http;

/// <summary>Turns a position in a list into a cursor that clients pass back unread, and refuses one that they made or changed themselves.</summary>
/// <remarks>
/// A cursor is base64url of a version, 16 bytes of HMAC-SHA-256 and the key. The signature covers the list's name, so a cursor of one list, or
/// of the same list under other filters, is refused by another. The key is signed, not hidden.
/// </remarks>
public sealed class CursorProtector
{
    private const byte Version = 1;
    private const int SignatureBytes = 16;
    private const int HeaderBytes = 1 + SignatureBytes;
    private const int MaxCursorLength = 4_096;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The first signs, all verify. Replaced as a whole.
    private volatile byte[][] _keys;

    /// <summary>Creates a protector.</summary>
    /// <param name="signingKey">At least 32 bytes.</param>
    public CursorProtector(ReadOnlySpan<byte> signingKey)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signingKey.Length, 32);
        _keys = [signingKey.ToArray()];
    }

    /// <summary>One with a random key, for applications that don't set their own.</summary>
    internal static CursorProtector OfProcess { get; } = new(RandomNumberGenerator.GetBytes(32));

    /// <summary>Signs with another key from now on, as when one that is kept or shared is read only after the start. Cursors that were given out before stay good.</summary>
    /// <param name="signingKey">At least 32 bytes.</param>
    public void SignWith(ReadOnlySpan<byte> signingKey)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signingKey.Length, 32);
        var key = signingKey.ToArray();
        _keys = [key, .. _keys.Where(known => !known.AsSpan().SequenceEqual(key))];
    }

    /// <summary>The cursor for a key of a list.</summary>
    /// <exception cref="ArgumentException">The key is no well-formed text, or too long for a cursor of 4,096 characters.</exception>
    public string Protect(string listName, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(listName);
        ArgumentNullException.ThrowIfNull(key);
        var bytes = new byte[HeaderBytes + Utf8.GetByteCount(key)];
        if (Base64Url.GetEncodedLength(bytes.Length) > MaxCursorLength)
        {
            throw new ArgumentException("The key is too long for a cursor.", nameof(key));
        }

        bytes[0] = Version;
        Utf8.GetBytes(key, bytes.AsSpan(HeaderBytes));
        Sign(_keys[0], listName, bytes.AsSpan(HeaderBytes), bytes.AsSpan(1, SignatureBytes));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The key that a cursor of this list stands for; false for anything this protector did not make for it.</summary>
    public bool TryUnprotect(string listName, string cursor, [NotNullWhen(true)] out string? key)
    {
        ArgumentException.ThrowIfNullOrEmpty(listName);
        ArgumentNullException.ThrowIfNull(cursor);
        key = null;
        if (cursor.Length > MaxCursorLength || !Base64Url.IsValid(cursor))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length < HeaderBytes || bytes[0] != Version)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[SignatureBytes];
        foreach (var signingKey in _keys)
        {
            Sign(signingKey, listName, bytes.AsSpan(HeaderBytes), expected);
            if (CryptographicOperations.FixedTimeEquals(expected, bytes.AsSpan(1, SignatureBytes)))
            {
                key = Utf8.GetString(bytes, HeaderBytes, bytes.Length - HeaderBytes);
                return true;
            }
        }

        return false;
    }

    private static void Sign(byte[] signingKey, string listName, ReadOnlySpan<byte> key, Span<byte> signature)
    {
        // The name is hashed first, so that no name and key can run into each other.
        Span<byte> signed = stackalloc byte[1 + SHA256.HashSizeInBytes + MaxCursorLength];
        signed[0] = Version;
        SHA256.HashData(Utf8.GetBytes(listName), signed[1..]);
        key.CopyTo(signed[(1 + SHA256.HashSizeInBytes)..]);
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(signingKey, signed[..(1 + SHA256.HashSizeInBytes + key.Length)], full);
        full[..SignatureBytes].CopyTo(signature);
    }
}
