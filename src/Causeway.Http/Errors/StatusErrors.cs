using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>What to say where the pipeline set a status and nothing else.</summary>
internal static class StatusErrors
{
    /// <summary>The code that a bare status stands for.</summary>
    public static ErrorCode CodeOf(int status) => status switch
    {
        401 or 407 => ErrorCode.Unauthorized,
        403 or 451 => ErrorCode.Forbidden,
        404 or 410 => ErrorCode.NotFound,
        405 => ErrorCode.MethodNotAllowed,
        408 or 504 => ErrorCode.Timeout,
        409 or 423 => ErrorCode.Conflict,
        412 or 428 => ErrorCode.PreconditionFailed,
        413 => ErrorCode.PayloadTooLarge,
        415 => ErrorCode.UnsupportedMediaType,
        422 => ErrorCode.ValidationError,
        429 => ErrorCode.RateLimited,
        502 => ErrorCode.BackendUnreachable,
        503 => ErrorCode.Unavailable,
        < 500 => ErrorCode.InvalidMessage,
        _ => ErrorCode.InternalError,
    };

    /// <summary>The error for a response that has a status and no body; headers already set (Allow, Retry-After) are told as details.</summary>
    public static ApiError Describe(HttpResponse response)
    {
        var status = response.StatusCode;
        return new ApiError(CodeOf(status), MessageOf(status)) { Status = status, Details = DetailsOf(response) };
    }

    private static JsonObject? DetailsOf(HttpResponse response)
    {
        if (response.StatusCode == 405 && response.Headers.Allow.Count > 0)
        {
            var methods = response.Headers.Allow.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return new JsonObject { ["allow"] = new JsonArray([.. methods.Select(static m => JsonValue.Create(m))]) };
        }

        return response.Headers.RetryAfter is [{ } seconds]
            && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var wait)
                ? new JsonObject { ["retry_after_ms"] = wait * 1_000 }
                : null;
    }

    private static string MessageOf(int status) => status switch
    {
        400 => "The request could not be understood.",
        401 => "A valid credential is needed.",
        403 => "This is not allowed.",
        404 => "Nothing is at this path.",
        405 => "The path exists, but not with this method.",
        406 => "None of the accepted media types can be sent.",
        408 => "The request took too long to arrive.",
        409 => "The state of the thing does not allow this.",
        410 => "What was at this path is gone.",
        411 => "The length of the body must be given.",
        412 => "The condition of the request does not hold.",
        413 => "The body is larger than the limit.",
        414 => "The address is longer than the limit.",
        415 => "A body of this type is not read here.",
        416 => "The range lies outside of the content.",
        422 => "A field breaks a rule.",
        426 => "This path takes only requests that upgrade the protocol.",
        428 => "The request must be conditional.",
        429 => "Too many requests.",
        431 => "The headers are larger than the limit.",
        501 => "The server can't do this.",
        502 => "The backend can't be reached.",
        503 => "The server can't answer at the moment.",
        504 => "The answer took too long.",
        < 500 => "The request was refused.",
        _ => "The server failed; its log has the story under the request id.",
    };
}
