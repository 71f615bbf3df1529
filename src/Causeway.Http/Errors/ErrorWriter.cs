using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>The one place that writes an error to an HTTP response.</summary>
public static class ErrorWriter
{
    /// <summary>Writes <c>{"error":{"code","message","details","request_id"}}</c> with the error's status.</summary>
    /// <param name="context">A response that has not started.</param>
    /// <param name="error">What to say.</param>
    public static Task WriteAsync(HttpContext context, ApiError error)
    {
        var response = context.Response;
        response.StatusCode = error.Status ?? error.Code.Status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        using var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("code"u8, error.Code.Name);
        writer.WriteString("message"u8, error.Message);
        writer.WritePropertyName("details"u8);
        (error.Details ?? new JsonObject()).WriteTo(writer);
        writer.WriteString("request_id"u8, context.TraceIdentifier);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }
}
