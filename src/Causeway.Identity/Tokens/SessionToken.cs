using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Causeway.Identity;

/// <summary>
/// A refresh token, or what a session's cookie holds: which session, the how-manyth of it, and a signature. Nothing of it is stored; the token of any count can
/// be made again, which is what a client that lost an answer needs.
/// </summary>
/// <param name="SessionId">The session.</param>
/// <param name="Counter">From 1, one more with each refresh. Cookies stay at 0.</param>
internal readonly record struct SessionToken(Guid SessionId, long Counter)
{
    private const byte Version = 1;
    private const int SignatureBytes = 32;
    private const int BodyBytes = 1 + 16 + 8;
    private const int Bytes = BodyBytes + SignatureBytes;
    private const int PrefixLength = 4;

    /// <summary>How long a token's text is.</summary>
    public static readonly int Length = PrefixLength + Base64Url.GetEncodedLength(Bytes);

    /// <summary>Signs it with the ring's current key.</summary>
    public string Sign(SigningKeyRing ring, SessionKind kind)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes[0] = Version;
        SessionId.TryWriteBytes(bytes[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[17..], Counter);
        HMACSHA256.HashData(ring.Current.KeyOf(kind), bytes[..BodyBytes], bytes[BodyBytes..]);
        return PrefixOf(kind) + Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a token of this kind; false for anything no key of the ring has signed.</summary>
    public static bool TryRead(string text, SigningKeyRing ring, SessionKind kind, out SessionToken token)
    {
        token = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length != Length
            || !text.StartsWith(PrefixOf(kind), StringComparison.Ordinal)
            || !Base64Url.IsValid(text.AsSpan(PrefixLength))
            || !Base64Url.TryDecodeFromChars(text.AsSpan(PrefixLength), bytes, out var written)
            || written != Bytes
            || bytes[0] != Version)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[SignatureBytes];
        foreach (var key in ring.Keys)
        {
            HMACSHA256.HashData(key.KeyOf(kind), bytes[..BodyBytes], expected);
            if (CryptographicOperations.FixedTimeEquals(expected, bytes[BodyBytes..]))
            {
                token = new SessionToken(new Guid(bytes[1..17], bigEndian: true), BinaryPrimitives.ReadInt64BigEndian(bytes[17..]));
                return true;
            }
        }

        return false;
    }

    /// <summary>Found by whoever looks for secrets in places where they don't belong.</summary>
    private static string PrefixOf(SessionKind kind) => kind == SessionKind.Cookie ? "cws_" : "cwr_";
}
