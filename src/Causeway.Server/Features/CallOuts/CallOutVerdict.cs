using System.Text.Json;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>What a backend said.</summary>
/// <param name="Error">Null where it allows it, else why not.</param>
/// <param name="Permissions">What whoever connects may do besides.</param>
internal sealed record CallOutVerdict(ApiError? Error, IReadOnlyList<string> Permissions)
{
    private const int MaxMessage = 500;
    private const int MaxPermissions = 1_000;

    // Others would say of the service what only it can know.
    private static readonly ErrorCode[] Codes =
        [ErrorCode.Forbidden, ErrorCode.Unauthorized, ErrorCode.RateLimited, ErrorCode.RoomNotFound, ErrorCode.ValidationError, ErrorCode.Unavailable];

    public static CallOutVerdict Allowed { get; } = new(null, []);

    /// <summary>Reads an answer: <c>{"allow":true,"permissions":[…]}</c>, or <c>{"allow":false,"code","message"}</c>. Fields that are not known are ignored.</summary>
    /// <exception cref="JsonException">It is no such answer.</exception>
    public static CallOutVerdict Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("allow", out var allow) || allow.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new JsonException("The answer has no allow that is true or false.");
        }

        if (allow.ValueKind == JsonValueKind.True)
        {
            return root.TryGetProperty("permissions", out var permissions) && permissions.ValueKind != JsonValueKind.Null ? new CallOutVerdict(null, ReadPermissions(permissions)) : Allowed;
        }

        var name = Text(root, "code");
        var code = Array.Find(Codes, known => known.Name == name) ?? ErrorCode.Forbidden;
        var message = Text(root, "message") is { Length: > 0 } text ? text[..Math.Min(text.Length, MaxMessage)] : "The application does not allow this.";
        return new CallOutVerdict(new ApiError(code, message) { RetryAfter = code == ErrorCode.RateLimited || code == ErrorCode.Unavailable ? TimeSpan.FromSeconds(1) : null }, []);
    }

    private static string[] ReadPermissions(JsonElement permissions)
    {
        if (permissions.ValueKind != JsonValueKind.Array || permissions.GetArrayLength() > MaxPermissions
            || permissions.EnumerateArray().Any(static one => one.ValueKind != JsonValueKind.String || !PermissionSet.IsWellFormed(one.GetString()!)))
        {
            throw new JsonException("The answer's permissions are no list of permissions.");
        }

        return [.. permissions.EnumerateArray().Select(static one => one.GetString()!)];
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
