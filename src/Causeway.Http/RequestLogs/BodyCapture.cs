using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>The first bytes of a body that went by.</summary>
/// <param name="limit">How many are kept.</param>
internal sealed class BodyCapture(int limit)
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    /// <summary>How many went by.</summary>
    public long Length { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        var room = limit - _kept.WrittenCount;
        _kept.Write(bytes[..Math.Min(room, bytes.Length)]);
    }

    /// <summary>As text without secrets; what is no JSON by its media type, and the body of nobody, as nothing.</summary>
    /// <param name="contentType">The body's.</param>
    /// <param name="coding">Its <c>Content-Encoding</c>; null for none.</param>
    public string Describe(string? contentType, string? coding)
    {
        if (_kept.WrittenCount == 0 || contentType is null || !contentType.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            return "";
        }

        var isWhole = Length == _kept.WrittenCount;
        if (coding is null)
        {
            return Secrets.Json(_kept.WrittenSpan, isWhole);
        }

        using var coded = new MemoryStream(_kept.WrittenSpan.ToArray());
        using Stream plain = coding switch
        {
            "br" => new BrotliStream(coded, CompressionMode.Decompress, leaveOpen: true),
            "gzip" => new GZipStream(coded, CompressionMode.Decompress, leaveOpen: true),
            _ => Stream.Null,
        };
        var decoded = new byte[limit];
        var count = 0;
        try
        {
            // No more than the limit, however much a few bytes unfold to.
            for (int read; count < limit && (read = plain.Read(decoded, count, limit - count)) > 0; count += read)
            {
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            isWhole = false;
        }

        return Secrets.Json(decoded.AsSpan(0, count), isWhole && count < limit);
    }
}

/// <summary>A body as it is, but for the first bytes being kept on their way.</summary>
/// <param name="inner">The body.</param>
/// <param name="context">The request; one whose answer is somebody else's is not looked at.</param>
/// <param name="capture">Where they are kept.</param>
internal sealed class CapturedStream(Stream inner, HttpContext context, BodyCapture capture) : Stream
{
    private bool? _isOurs;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    // Asked late: the endpoint is not chosen yet when the request comes in.
    private bool IsOurs => _isOurs ??= context.GetEndpoint()?.Metadata.GetMetadata<PassThroughMetadata>() is null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Keep(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Keep(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Keep(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        Keep(buffer.AsSpan(offset, count));
        inner.Write(buffer, offset, count);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (IsOurs)
        {
            capture.Add(bytes);
        }
    }
}
