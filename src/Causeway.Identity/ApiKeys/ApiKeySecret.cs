using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Causeway.Identity;

/// <summary>
/// An API key as its owner has it: <c>cwk_PREFIX_SECRET</c>. The prefix finds it and may be shown; the secret has over 250 random bits, so a fast hash of it is
/// enough to store. Its last six characters are a checksum: made-up keys and typing errors never reach the database.
/// </summary>
public sealed class ApiKeySecret
{
    /// <summary>What every key begins with.</summary>
    public const string Marker = "cwk_";

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int PrefixLength = 12;
    private const int RandomLength = 43;
    private const int ChecksumLength = 6;
    private const int Length = 4 + PrefixLength + 1 + RandomLength + ChecksumLength;

    private ApiKeySecret(string text)
    {
        Text = text;
        Prefix = text.Substring(Marker.Length, PrefixLength);
    }

    /// <summary>All of it. Shown once, when it is made; never stored or logged.</summary>
    public string Text { get; }

    /// <summary>The part that finds it.</summary>
    public string Prefix { get; }

    /// <summary>A new one.</summary>
    public static ApiKeySecret Create()
    {
        var body = $"{Marker}{RandomNumberGenerator.GetString(Alphabet, PrefixLength)}_{RandomNumberGenerator.GetString(Alphabet, RandomLength)}";
        return new ApiKeySecret(body + Checksum(body));
    }

    /// <summary>Whether a bearer token is meant to be an API key.</summary>
    public static bool LooksLikeOne(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.StartsWith(Marker, StringComparison.Ordinal);
    }

    /// <summary>Reads one; false for anything this did not make.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ApiKeySecret? key)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = text.Length == Length
            && LooksLikeOne(text)
            && text[Marker.Length + PrefixLength] == '_'
            && Checksum(text[..^ChecksumLength]).Equals(text[^ChecksumLength..], StringComparison.Ordinal)
            ? new ApiKeySecret(text)
            : null;
        return key is not null;
    }

    /// <summary>What is stored.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    /// <summary>Whether this is the key a stored hash was made of, in constant time.</summary>
    public bool Matches(string hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash()), Encoding.ASCII.GetBytes(hash));
    }

    /// <summary>Names the prefix only, so that a log can't leak it.</summary>
    public override string ToString() => $"{Marker}{Prefix}_…";

    private static string Checksum(string body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(body), hash);
        return string.Create(ChecksumLength, BinaryPrimitives.ReadUInt64LittleEndian(hash), static (text, number) =>
        {
            foreach (ref var character in text)
            {
                (number, var digit) = Math.DivRem(number, (ulong)Alphabet.Length);
                character = Alphabet[(int)digit];
            }
        });
    }
}
