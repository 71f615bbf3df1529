using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;

namespace Causeway.Relay;

/// <summary>Strong tags of files: a hash of the content, so that a build that sets every date to the same day can't make a stale page look fresh.</summary>
/// <remarks>
/// A page is hashed each time. Other files are hashed once per path, length and time of writing; those over 8 MiB have a tag of length and time,
/// since nobody wants to wait until a film is read through.
/// </remarks>
internal sealed class ContentTags
{
    /// <summary>Pages up to this size are read whole, hashed and sent from memory; in bytes.</summary>
    public const int PageBytes = 65_536;

    private const long HashedBytes = 8 * 1_048_576;
    private const int MaxEntries = 4_096;

    private readonly ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    /// <summary>The tag of a small file's content, without quotes.</summary>
    public static string Of(ReadOnlySpan<byte> content) => Text(SHA256.HashData(content));

    /// <summary>The tag of a file, without quotes.</summary>
    public async ValueTask<string> OfAsync(SiteFile file, CancellationToken cancellationToken)
    {
        if (file.Length > HashedBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{file.Length:x}-{file.ModifiedAt.Ticks:x}");
        }

        if (_known.TryGetValue(file.Path, out var entry) && entry.Length == file.Length && entry.ModifiedAt == file.ModifiedAt)
        {
            return entry.Tag;
        }

        var tag = await HashAsync(file, cancellationToken).ConfigureAwait(false);
        if (_known.Count >= MaxEntries)
        {
            _known.Clear();
        }

        _known[file.Path] = new Entry(file.Length, file.ModifiedAt, tag);
        return tag;
    }

    private static async Task<string> HashAsync(SiteFile file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PageBytes);
        try
        {
            for (var offset = 0L; ;)
            {
                var read = await RandomAccess.ReadAsync(file.Handle, buffer, offset, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return Text(hash.GetHashAndReset());
                }

                hash.AppendData(buffer, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string Text(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 12));

    private sealed record Entry(long Length, DateTime ModifiedAt, string Tag);
}
