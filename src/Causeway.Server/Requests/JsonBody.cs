using System.Reflection;
using System.Text.Json;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Causeway.Server;

/// <summary>A request's JSON body: 400 for what is not JSON, 413 for too much of it, 415 for another type, 422 with the field for JSON of another shape.</summary>
internal sealed class JsonBody<T> : IEndpointParameterMetadataProvider
    where T : class
{
    private JsonBody(T value) => Value = value;

    /// <summary>What was read; its own rules are still to be checked.</summary>
    public T Value { get; }

    public static async ValueTask<JsonBody<T>> BindAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType() || !IsUtf8(context.Request))
        {
            throw new ApiErrorException(new ApiError(ErrorCode.UnsupportedMediaType, "Send the body as application/json."));
        }

        try
        {
            var options = context.RequestServices.GetRequiredService<RequestJson>().Options;
            var value = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, options, context.RequestAborted);
            return new JsonBody<T>(value ?? throw new ApiErrorException(FieldErrors.For("$", "Must be an object.")));
        }
        catch (JsonException exception)
        {
            throw new ApiErrorException(JsonShape.Describe(exception));
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            var limit = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? MessageLimits.BodyBytes;
            throw new ApiErrorException(new ApiError(ErrorCode.PayloadTooLarge, "The body is too big.") { Details = new() { ["limit_bytes"] = limit } });
        }
    }

    // JSON between systems is UTF-8 (RFC 8259, section 8.1); what says that it is something else would be misread.
    private static bool IsUtf8(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}
