using System.Text.Json;

namespace Causeway.Testing;

/// <summary>A message of the live protocol as it came from the server.</summary>
/// <param name="Json">The whole envelope.</param>
public sealed record LiveMessage(JsonElement Json)
{
    /// <summary>The type, such as <c>ack</c>.</summary>
    public string Type => Json.GetProperty("type").GetString()!;

    /// <summary>The reference that it answers; null for none.</summary>
    public string? Ref => Text("ref");

    /// <summary>The room; null for none.</summary>
    public string? RoomId => Text("room_id");

    /// <summary>The message's id.</summary>
    public string? Id => Text("id");

    /// <summary>The life of the log; in an ack it stands in the payload.</summary>
    public string? Epoch => Text("epoch");

    /// <summary>The position in the room.</summary>
    public long? Offset => Json.TryGetProperty("offset", out var offset) ? offset.GetInt64() : null;

    /// <summary>The payload.</summary>
    public JsonElement Payload => Json.GetProperty("payload");

    /// <summary>An error's code; null for what is no error.</summary>
    public string? ErrorCode => Type == "error" ? Payload.GetProperty("code").GetString() : null;

    /// <inheritdoc/>
    public override string ToString() => Json.GetRawText();

    private string? Text(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
