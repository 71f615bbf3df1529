using System.Globalization;
using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Causeway.Relay;

/// <summary>Sends one representation of a file: headers, conditions, ranges, bytes.</summary>
/// <param name="file">Open.</param>
/// <param name="content">The whole content, where it was read already; else it is read while it is sent.</param>
/// <param name="tag">Without quotes.</param>
/// <param name="logger">Where a file that shrinks is told.</param>
internal sealed class SiteAnswer(SiteFile file, byte[]? content, string tag, ILogger logger)
{
    private const int ChunkBytes = 65_536;

    private long Length => content?.Length ?? file.Length;

    /// <summary>Answers GET or HEAD; all headers that don't depend on the content are set already.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">200, or 404 for a page that says so; anything but 200 is sent whole and without conditions.</param>
    public Task SendAsync(HttpContext context, int status)
    {
        var response = context.Response;
        var entityTag = new EntityTagHeaderValue($"\"{tag}\"");
        var modifiedAt = ToSecond(file.ModifiedAt);
        response.Headers.ETag = entityTag.ToString();
        response.Headers.LastModified = modifiedAt.ToString("R", CultureInfo.InvariantCulture);
        response.StatusCode = status;
        if (status != StatusCodes.Status200OK)
        {
            return WriteAsync(context, 0, Length);
        }

        var conditions = new Preconditions(context.Request.GetTypedHeaders(), entityTag, modifiedAt);
        switch (conditions.Decide())
        {
            case PreconditionOutcome.NotModified:
                response.StatusCode = StatusCodes.Status304NotModified;
                response.ContentType = null;
                response.Headers.Remove(HeaderNames.ContentEncoding);
                return Task.CompletedTask;
            case PreconditionOutcome.Failed:
                return ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.PreconditionFailed, "The file is not the one the request expects."));
        }

        response.Headers.AcceptRanges = "bytes";
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            return WriteAsync(context, 0, Length);
        }

        var range = conditions.Range(Length, out var isSatisfiable);
        if (!isSatisfiable)
        {
            return RefuseRangeAsync(context);
        }

        if (range is not { } part)
        {
            return WriteAsync(context, 0, Length);
        }

        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = new ContentRangeHeaderValue(part.From, part.From + part.Count - 1, Length).ToString();
        return WriteAsync(context, part.From, part.Count);
    }

    private static DateTimeOffset ToSecond(DateTime time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);

    private Task RefuseRangeAsync(HttpContext context)
    {
        // The error's writer removes what described another body; here the range that there is belongs to the error.
        var response = context.Response;
        response.OnStarting(() =>
        {
            response.Headers.ContentRange = new ContentRangeHeaderValue(Length).ToString();
            return Task.CompletedTask;
        });
        return ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.InvalidMessage, "The range lies outside of the file.")
        {
            Status = StatusCodes.Status416RangeNotSatisfiable,
            Details = new() { ["length"] = Length },
        });
    }

    private async Task WriteAsync(HttpContext context, long from, long count)
    {
        context.Response.ContentLength = count;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        try
        {
            if (content is not null)
            {
                await context.Response.Body.WriteAsync(content.AsMemory((int)from, (int)count), context.RequestAborted).ConfigureAwait(false);
            }
            else if (!await CopyAsync(context, from, count).ConfigureAwait(false))
            {
                logger.SiteFileShrank(context.Request.Path);
                context.Abort();
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    /// <summary>Copies a part of the file, a chunk at a time as the client takes it; false where the file ends before.</summary>
    private async Task<bool> CopyAsync(HttpContext context, long from, long count)
    {
        var body = context.Response.BodyWriter;
        while (count > 0)
        {
            var memory = body.GetMemory((int)Math.Min(count, ChunkBytes));
            memory = memory[..(int)Math.Min(count, memory.Length)];
            var read = await RandomAccess.ReadAsync(file.Handle, memory, from, context.RequestAborted).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            body.Advance(read);
            from += read;
            count -= read;
            var flushed = await body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (flushed.IsCompleted)
            {
                return true;
            }
        }

        return true;
    }
}
