using System.Buffers;
using System.Collections.Frozen;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>A response body that is held back until it is known whether it is worth compressing, and then goes out coded or as it is.</summary>
/// <param name="response">Whose headers decide, and say what was done.</param>
/// <param name="target">Where the bytes go.</param>
/// <param name="coding"><c>br</c> or <c>gzip</c>.</param>
/// <param name="threshold">From how many bytes on.</param>
/// <param name="mediaTypes">Which types.</param>
internal sealed class CompressedBody(HttpResponse response, Stream target, string coding, int threshold, FrozenSet<string> mediaTypes) : Stream
{
    // The measured knee: as small as the next levels make it, in half their time.
    private const int BrotliQuality = 3;

    private byte[]? _held;
    private int _heldCount;
    private Stream? _outlet;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_outlet is null && buffer.Length > 0)
        {
            if (!MayBeCoded())
            {
                _outlet = target;
            }
            else if (_heldCount + buffer.Length < threshold)
            {
                _held ??= ArrayPool<byte>.Shared.Rent(threshold);
                buffer.Span.CopyTo(_held.AsSpan(_heldCount));
                _heldCount += buffer.Length;
                return;
            }
            else
            {
                _outlet = StartCoding();
            }

            await ReleaseHeldAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_outlet is not null)
        {
            await _outlet.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends what there is, unless it is still held back: the JSON writer flushes every answer at its end, however small.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_outlet is null && _heldCount == 0 && !MayBeCoded())
        {
            _outlet = target;
        }

        return _outlet?.FlushAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Ends the body: what is still held back goes out as it is, now that its length is known.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_outlet is null && _heldCount > 0)
        {
            response.ContentLength ??= _heldCount;
            _outlet = target;
            await ReleaseHeldAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_outlet is not null && _outlet != target)
        {
            await _outlet.DisposeAsync().ConfigureAwait(false);
        }
    }

    public override void Flush() => throw new NotSupportedException("Answers are written asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are written asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Gives back what is held. A coder that was not completed writes nothing more: its answer broke off.</summary>
    public override ValueTask DisposeAsync()
    {
        ReturnHeld();
        return base.DisposeAsync();
    }

    private bool MayBeCoded()
    {
        var headers = response.Headers;
        if (response.StatusCode is < 200 or 204 or 205 or 206 or 304
            || headers.ContentLength < threshold
            || headers.ContentEncoding.Count > 0
            || headers.ContentRange.Count > 0
            || headers.SetCookie.Count > 0
            || response.ContentType is not { } contentType)
        {
            return false;
        }

        foreach (var value in headers.CacheControl)
        {
            if (value is not null && (value.Contains("no-store", StringComparison.OrdinalIgnoreCase) || value.Contains("no-transform", StringComparison.OrdinalIgnoreCase)))
            {
                return false;
            }
        }

        var semicolon = contentType.IndexOf(';', StringComparison.Ordinal);
        return mediaTypes.GetAlternateLookup<ReadOnlySpan<char>>().Contains((semicolon < 0 ? contentType : contentType.AsSpan(0, semicolon)).Trim());
    }

    private Stream StartCoding()
    {
        var headers = response.Headers;
        headers.ContentEncoding = coding;
        headers.ContentLength = null;
        headers.Remove(HeaderNames.AcceptRanges);
        if (headers.ETag is [{ } tag])
        {
            headers.ETag = EntityTag.WithCoding(tag, coding);
        }

        return coding == "br"
            ? new BrotliStream(target, new BrotliCompressionOptions { Quality = BrotliQuality }, leaveOpen: true)
            : new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true);
    }

    private async ValueTask ReleaseHeldAsync(CancellationToken cancellationToken)
    {
        if (_heldCount > 0)
        {
            await _outlet!.WriteAsync(_held.AsMemory(0, _heldCount), cancellationToken).ConfigureAwait(false);
            ReturnHeld();
        }
    }

    private void ReturnHeld()
    {
        if (_held is { } held)
        {
            (_held, _heldCount) = (null, 0);
            ArrayPool<byte>.Shared.Return(held);
        }
    }
}
