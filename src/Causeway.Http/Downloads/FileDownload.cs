using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>Answers with a file that a user gave: whole or in ranges, conditionally, and so that no browser runs it.</summary>
/// <remarks>
/// To GET and HEAD. Ranges are those of RFC 9110: one is answered as such, several as <c>multipart/byteranges</c>; overlapping ones are put together, and
/// more than 16 get the whole content. <c>If-Match</c>, <c>If-None-Match</c>, <c>If-Modified-Since</c>, <c>If-Unmodified-Since</c> and <c>If-Range</c> are kept. With the content go
/// <c>X-Content-Type-Options: nosniff</c> and a <c>Content-Security-Policy</c> that takes every right from it. A file that ends before its length breaks the
/// connection off: a client never takes a part for the whole.
/// </remarks>
/// <param name="content">Seekable, positioned anywhere, with a length that stays; the result disposes it.</param>
/// <param name="contentType">Its media type.</param>
public sealed class FileDownload(Stream content, string contentType) : IResult
{
    private const int ChunkBytes = 65_536;

    /// <summary>Without scripts, forms, frames, plug-ins or an origin, should a browser show it after all.</summary>
    private const string Powerless = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

    /// <summary>The name it is saved under; null for none.</summary>
    /// <value>Any text, as <see cref="ContentDisposition.Attachment"/> takes it.</value>
    public string? FileName { get; init; }

    /// <summary>The strong tag of this very content, without quotes; null for none.</summary>
    public string? ETag { get; init; }

    /// <summary>When it last changed; null where that is not known.</summary>
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>The SHA-256 of the whole content, told as <c>Repr-Digest</c> (RFC 9530); empty for none.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; init; }

    /// <summary>How long, and by whom, it may be kept.</summary>
    /// <value>Default <c>private, no-cache</c>: by its reader alone, asking each time.</value>
    public string CacheControl { get; init; } = "private, no-cache";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        await using (content.ConfigureAwait(false))
        {
            await SendAsync(httpContext).ConfigureAwait(false);
        }
    }

    private Task SendAsync(HttpContext context)
    {
        var request = context.Request.GetTypedHeaders();
        var response = context.Response;
        var length = content.Length;
        var tag = ETag is null ? null : new EntityTagHeaderValue($"\"{ETag}\"");

        // Clients send back what they were told, in whole seconds.
        DateTimeOffset? modified = LastModified is { } time ? new DateTimeOffset(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) : null;
        WriteHeaders(response, tag, modified);
        if (DownloadConditions.Evaluate(request, tag, modified) is { } status)
        {
            if (status == StatusCodes.Status412PreconditionFailed)
            {
                return ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.PreconditionFailed, "The content is not the one that the condition names."));
            }

            response.StatusCode = status;
            return Task.CompletedTask;
        }

        // A range is defined for GET alone.
        IReadOnlyList<ByteRange>? ranges = null;
        if (HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.Range is [{ } range]
            && DownloadConditions.RangeCounts(request, tag, modified))
        {
            ranges = ByteRanges.Read(range, length);
        }

        return ranges switch
        {
            null => SendWholeAsync(context, length),
            [] => RefuseAsync(context, length),
            [var only] => SendOneAsync(context, only, length),
            _ => SendSeveralAsync(context, ranges, length),
        };
    }

    private void WriteHeaders(HttpResponse response, EntityTagHeaderValue? tag, DateTimeOffset? modified)
    {
        var headers = response.Headers;
        headers.AcceptRanges = "bytes";
        headers.CacheControl = CacheControl;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = Powerless;
        if (FileName is not null)
        {
            headers.ContentDisposition = ContentDisposition.Attachment(FileName);
        }

        if (tag is not null)
        {
            headers.ETag = tag.ToString();
        }

        if (modified is { } time)
        {
            headers.LastModified = HeaderUtilities.FormatDate(time);
        }

        if (!Sha256.IsEmpty)
        {
            headers[ContentDigests.ReprDigest] = ContentDigests.Write(Sha256.Span);
        }
    }

    private async Task SendWholeAsync(HttpContext context, long length)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await CopyAsync(context, new ByteRange(0, length)).ConfigureAwait(false);
        }
    }

    private static Task RefuseAsync(HttpContext context, long length)
    {
        var error = new ApiError(ErrorCode.ValidationError, "No range of the request lies in the content.")
        {
            Status = StatusCodes.Status416RangeNotSatisfiable,
            Details = new() { ["length"] = length },
        };

        // The writer takes away what described the content; this describes the refusal.
        context.Response.OnStarting(static state =>
        {
            var (response, length) = ((HttpResponse, long))state;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{length}");
            response.Headers.AcceptRanges = "bytes";
            return Task.CompletedTask;
        }, (context.Response, length));
        return ErrorWriter.WriteAsync(context, error);
    }

    private Task SendOneAsync(HttpContext context, ByteRange range, long length)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = contentType;
        response.ContentLength = range.Length;
        response.Headers.ContentRange = RangeOf(range, length);
        return CopyAsync(context, range);
    }

    private async Task SendSeveralAsync(HttpContext context, IReadOnlyList<ByteRange> ranges, long length)
    {
        // What nobody can guess can't stand in the content.
        var boundary = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var heads = ranges.Select((range, i) => Encoding.ASCII.GetBytes(
            $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: {contentType}\r\nContent-Range: {RangeOf(range, length)}\r\n\r\n")).ToList();
        var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        var response = context.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = $"multipart/byteranges; boundary={boundary}";
        response.ContentLength = heads.Sum(static head => (long)head.Length) + ranges.Sum(static range => range.Length) + tail.Length;
        for (var i = 0; i < ranges.Count; i++)
        {
            await response.BodyWriter.WriteAsync(heads[i], context.RequestAborted).ConfigureAwait(false);
            await CopyAsync(context, ranges[i]).ConfigureAwait(false);
        }

        await response.BodyWriter.WriteAsync(tail, context.RequestAborted).ConfigureAwait(false);
    }

    private static string RangeOf(ByteRange range, long length) =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {range.First}-{range.Last}/{length}");

    private async Task CopyAsync(HttpContext context, ByteRange range)
    {
        var writer = context.Response.BodyWriter;
        var left = range.Length;
        content.Position = range.First;
        while (left > 0)
        {
            var chunk = writer.GetMemory((int)Math.Min(left, ChunkBytes));
            var read = await content.ReadAsync(chunk[..(int)Math.Min(left, chunk.Length)], context.RequestAborted).ConfigureAwait(false);
            if (read == 0)
            {
                throw new InvalidDataException("A file ended before its length while it was being sent.");
            }

            writer.Advance(read);
            left -= read;

            // Waits while the client does not take what it was sent.
            await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }
}
