using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Turns the framework's refusals of a request into errors that say where it is wrong, without naming types of the program.</summary>
internal static partial class BadRequests
{
    public static ApiError Describe(BadHttpRequestException exception)
    {
        if (exception is ApiErrorException known)
        {
            return known.Error;
        }

        if (exception.InnerException is JsonException json)
        {
            return DescribeJson(json);
        }

        if (exception.Message.StartsWith("Implicit body inferred", StringComparison.Ordinal))
        {
            return new ApiError(ErrorCode.InvalidMessage, "A body is needed.") { Status = exception.StatusCode };
        }

        // The framework writes `parameter "int limit"`; the type is ours alone.
        var message = TypeOfParameter().Replace(exception.Message, "parameter \"$1\"");
        return new ApiError(StatusErrors.CodeOf(exception.StatusCode), message) { Status = exception.StatusCode };
    }

    /// <summary>Malformed bytes are <c>INVALID_JSON</c>; JSON of another shape than asked for is <c>INVALID_MESSAGE</c>.</summary>
    public static ApiError DescribeJson(JsonException exception)
    {
        var path = exception.Path ?? "$";
        var where = exception.LineNumber is { } line ? $" (line {line + 1}, byte {(exception.BytePositionInLine ?? 0) + 1})" : "";

        // The reader's own exception is an internal type; it stands for malformed bytes, alone or inside the serializer's.
        if (IsFromReader(exception) || IsFromReader(exception.InnerException))
        {
            return new ApiError(ErrorCode.InvalidJson, $"The body is not valid JSON at {path}{where}.") { Details = Position(path, exception) };
        }

        var message = exception.Message;
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
        {
            message = $"Unknown field {path}{where}.";
        }
        else if (MissingMembers().Match(message) is { Success: true } missing)
        {
            message = $"Required fields are missing at {path}: {missing.Groups[1].Value}.";
        }
        else if (message.Contains("Duplicate property", StringComparison.Ordinal))
        {
            message = $"A field stands twice at {path}{where}.";
        }
        else
        {
            message = $"The value at {path} is not of the expected type{where}.";
        }

        return new ApiError(ErrorCode.InvalidMessage, message) { Details = Position(path, exception) };
    }

    private static bool IsFromReader(Exception? exception) =>
        exception is JsonException && exception.GetType() != typeof(JsonException);

    private static JsonObject Position(string path, JsonException exception)
    {
        var position = new JsonObject { ["path"] = path };
        if (exception.LineNumber is { } line)
        {
            position["line"] = line + 1;
        }

        return position;
    }

    [GeneratedRegex("parameter \"[^\"]* (\\w+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex TypeOfParameter();

    [GeneratedRegex("missing required properties including: (.*?)\\.?$", RegexOptions.CultureInvariant)]
    private static partial Regex MissingMembers();
}
