using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>The one place that writes an error to an HTTP response.</summary>
public static class ErrorWriter
{
    private const string ProblemMediaType = "application/problem+json";

    // Quotes stay readable; the body is declared as JSON and never sniffed as a page.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] BodyHeaders =
    [
        HeaderNames.ContentEncoding, HeaderNames.ContentDisposition, HeaderNames.ContentRange, HeaderNames.ContentLanguage, HeaderNames.AcceptRanges,
        HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.Expires, HeaderNames.Location, ContentDigests.ReprDigest,
    ];

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>Writes <c>{"error":{"code","message","details","request_id"}}</c> with the error's status.</summary>
    /// <remarks>
    /// To a request whose <c>Accept</c> names <c>application/problem+json</c> the same is told in the form of RFC 9457. A response to
    /// <c>HEAD</c> has the headers and no body. Headers that described another body (<c>ETag</c>, <c>Content-Encoding</c> and such) are removed;
    /// all others, <c>Allow</c> among them, stay.
    /// </remarks>
    /// <param name="context">A response that has not started.</param>
    /// <param name="error">What to say.</param>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    public static Task WriteAsync(HttpContext context, ApiError error)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(error);
        var response = context.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response has started, so it can't become an error.");
        }

        var status = error.Status ?? error.Code.Status;
        var asProblem = NamesProblemJson(context.Request);
        RemoveBodyHeaders(response.Headers);
        response.StatusCode = status;
        response.ContentType = asProblem ? ProblemMediaType : "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized && response.Headers.WWWAuthenticate.Count == 0)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(512);
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            if (asProblem)
            {
                WriteProblem(writer, error, status, context.TraceIdentifier);
            }
            else
            {
                WriteError(writer, error, context.TraceIdentifier);
            }
        }

        response.ContentLength = buffer.WrittenCount;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        response.BodyWriter.Write(buffer.WrittenSpan);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    private static void WriteError(Utf8JsonWriter writer, ApiError error, string requestId)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        WriteMembers(writer, error, requestId, messageName: "message");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteProblem(Utf8JsonWriter writer, ApiError error, int status, string requestId)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
        writer.WriteNumber("status"u8, status);
        WriteMembers(writer, error, requestId, messageName: "detail");
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, ApiError error, string requestId, string messageName)
    {
        writer.WriteString("code"u8, error.Code.Name);
        writer.WriteString(messageName, error.Message);
        writer.WriteStartObject("details"u8);
        if (error.Details is { } details)
        {
            foreach (var (name, value) in details)
            {
                writer.WritePropertyName(name);
                WriteNode(writer, value);
            }
        }

        if (error.RetryAfter is { } wait && error.Details?.ContainsKey("retry_after_ms") != true)
        {
            writer.WriteNumber("retry_after_ms"u8, (long)Math.Ceiling(wait.TotalMilliseconds));
        }

        writer.WriteEndObject();
        writer.WriteString("request_id"u8, requestId);
    }

    private static void WriteNode(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }

    private static void RemoveBodyHeaders(IHeaderDictionary headers)
    {
        // Not by setting them to nothing: over HTTP/2 the server leaves out what follows an empty header.
        foreach (var name in BodyHeaders)
        {
            headers.Remove(name);
        }
    }

    private static bool NamesProblemJson(HttpRequest request)
    {
        foreach (var value in request.Headers.Accept)
        {
            if (value is not null
                && value.Contains(ProblemMediaType, StringComparison.OrdinalIgnoreCase)
                && MediaTypeHeaderValue.TryParseList([value], out var ranges))
            {
                foreach (var range in ranges)
                {
                    if (range.Quality is not 0 && range.MediaType.Equals(ProblemMediaType, StringComparison.OrdinalIgnoreCase))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}
