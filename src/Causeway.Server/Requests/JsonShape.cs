using System.Text.Json;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Says in our own words what the JSON reader found wrong, without the names of types.</summary>
internal static class JsonShape
{
    /// <summary>What an exception of a text's reader says where it is none.</summary>
    public const string NoText = "Has a zero character, or half of one.";

    /// <summary>400 for bytes that are not JSON; 422 with the field for JSON of another shape.</summary>
    public static ApiError Describe(JsonException exception)
    {
        // The reader's own exception is an internal type; it stands for broken text, alone or inside the serializer's.
        if (IsFromReader(exception) || IsFromReader(exception.InnerException))
        {
            return new ApiError(ErrorCode.InvalidJson, "The body is not JSON.")
            {
                Details = new() { ["line"] = exception.LineNumber + 1, ["byte"] = exception.BytePositionInLine + 1 },
            };
        }

        var field = exception.Path is { } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : exception.Path ?? "$";
        return FieldErrors.For(field, exception.Message switch
        {
            var message when message.Contains("could not be mapped", StringComparison.Ordinal) => "There is no such field.",
            var message when message.Contains("Duplicate property", StringComparison.Ordinal) => "Must stand once.",
            NoText => NoText,
            _ => "Is of another type than expected.",
        });
    }

    private static bool IsFromReader(Exception? exception) => exception is JsonException && exception.GetType() != typeof(JsonException);
}
