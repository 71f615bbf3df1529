using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Answers with content that is made while it is sent, of a length that nobody knows before.</summary>
/// <remarks>
/// Whoever writes it flushes from time to time; a flush waits while the client does not take what it was sent, so nothing piles up. The response starts
/// with the first flush: what fails before is an error as any other, and what fails after breaks the connection off, so that no client takes a part for the
/// whole. When the client leaves, the token is cancelled.
/// </remarks>
/// <param name="contentType">Its media type.</param>
/// <param name="write">Makes the content.</param>
public sealed class StreamedContent(string contentType, Func<PipeWriter, CancellationToken, Task> write) : IResult
{
    /// <summary>The name it is saved under; null for content that is no file.</summary>
    /// <value>Any text, as <see cref="ContentDisposition.Attachment"/> takes it.</value>
    public string? FileName { get; init; }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (FileName is not null)
        {
            response.Headers.ContentDisposition = ContentDisposition.Attachment(FileName);
        }

        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await write(response.BodyWriter, httpContext.RequestAborted).ConfigureAwait(false);
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted).ConfigureAwait(false);
    }
}
