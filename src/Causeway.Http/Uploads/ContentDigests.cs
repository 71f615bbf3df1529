using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>The headers <c>Content-Digest</c> and <c>Repr-Digest</c> (RFC 9530): what the bytes should hash to, as a client or the server says.</summary>
internal sealed class ContentDigests
{
    public const string ContentDigest = "Content-Digest";
    public const string ReprDigest = "Repr-Digest";

    /// <summary>The algorithms that are verified. Others are insecure or not known, and tell nothing.</summary>
    private static readonly (string Name, HashAlgorithmName Algorithm, int Bytes)[] Known =
    [
        ("sha-256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
        ("sha-512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
    ];

    private readonly List<(string Header, string Name, IncrementalHash Hash, byte[] Expected)> _expected = [];

    /// <summary>Whether anything is expected, so that the bytes must be hashed.</summary>
    public bool Any => _expected.Count > 0;

    /// <summary>The value of either header for a SHA-256.</summary>
    public static string Write(ReadOnlySpan<byte> sha256) => $"sha-256=:{Convert.ToBase64String(sha256)}:";

    /// <summary>Takes what a header says; false where it is not well-formed.</summary>
    public bool TryExpect(string header, StringValues values)
    {
        foreach (var value in values)
        {
            foreach (var member in (value ?? "").Split(','))
            {
                if (!TryExpectOne(header, member.Trim(' ', '\t')))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Hashes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (var (_, _, hash, _) in _expected)
        {
            hash.AppendData(bytes);
        }
    }

    /// <summary>The first expectation that does not hold, once all bytes were appended; null where all do.</summary>
    public (string Header, string Actual)? FindMismatch()
    {
        foreach (var (header, name, hash, expected) in _expected)
        {
            var actual = hash.GetHashAndReset();
            if (!actual.AsSpan().SequenceEqual(expected))
            {
                return (header, $"{name}=:{Convert.ToBase64String(actual)}:");
            }
        }

        return null;
    }

    /// <summary>A member of the dictionary: <c>sha-256=:BASE64:</c>, perhaps with parameters that mean nothing here.</summary>
    private bool TryExpectOne(string header, string member)
    {
        var equals = member.IndexOf("=:", StringComparison.Ordinal);
        var end = member.LastIndexOf(':');
        if (equals < 1 || end <= equals + 1 || end + 1 < member.Length && member[end + 1] != ';' || !Base64.IsValid(member.AsSpan(equals + 2, end - equals - 2)))
        {
            return false;
        }

        var digest = Convert.FromBase64String(member[(equals + 2)..end]);
        foreach (var (name, algorithm, bytes) in Known)
        {
            if (member.AsSpan(0, equals).SequenceEqual(name))
            {
                _expected.Add((header, name, IncrementalHash.CreateHash(algorithm), digest));
                return digest.Length == bytes;
            }
        }

        return true;
    }
}
