using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Causeway.Data;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The wire's rules for what a request names, in one place.</summary>
internal static class Wire
{
    public const int MaxTypeLength = 64;
    public const int MaxConflateKeyLength = 64;
    public const int MaxUserIdLength = 128;

    /// <summary>The same rules as patterns, for the OpenAPI document.</summary>
    public const string RoomIdPattern = "^[A-Za-z0-9_.:-]{1,128}$";
    public const string TypePattern = "^[a-z0-9_.:-]{1,64}$";

    public const string RoomIdRule = "Must be 1 to 128 of A-Z a-z 0-9 _ . : -";
    public const string TypeRule = "Must be 1 to 64 of a-z 0-9 _ . : -";
    public const string ConflateKeyRule = "Must be 1 to 64 characters.";
    public const string UserIdRule = "Must be 1 to 128 characters.";
    public const string PayloadRule = "Must be an object.";

    private static readonly SearchValues<char> TypeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.:-");

    public static bool IsType(string? type) => type is { Length: > 0 and <= MaxTypeLength } && !type.AsSpan().ContainsAnyExcept(TypeCharacters);

    public static bool IsUserId(string? userId) => userId is { Length: > 0 and <= MaxUserIdLength } && DatabaseText.CanBeKept(userId);

    public static bool IsRoomId(string? roomId) => RoomId.TryParse(roomId, null, out _);

    /// <summary>A payload's own bytes, nothing rewritten; an absent one is <c>{}</c>.</summary>
    public static byte[] PayloadBytes(JsonElement payload) =>
        payload.ValueKind == JsonValueKind.Undefined ? "{}"u8.ToArray() : JsonMarshal.GetRawUtf8Value(payload).ToArray();

    /// <summary>Checks what every published message has; the payload's size is checked by <see cref="MessageLimits"/>.</summary>
    public static void Check(FieldErrors errors, string? type, JsonElement payload, string? conflateKey)
    {
        errors.Check(IsType(type), "type", TypeRule);
        errors.Check(payload.ValueKind is JsonValueKind.Undefined or JsonValueKind.Object, "payload", PayloadRule);
        errors.Check(conflateKey is null or { Length: > 0 and <= MaxConflateKeyLength }, "conflate_key", ConflateKeyRule);
    }
}
