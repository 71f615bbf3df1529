using System.Text.Json.Serialization;

namespace Causeway.Streams;

/// <summary>A stream as it is now.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="State">What its file is doing.</param>
/// <param name="Bytes">The file's size; 0 without a file.</param>
/// <param name="Readers">Open streams.</param>
/// <param name="LastEventAt">When a line was last written, as far as is known; null without a file.</param>
public sealed record StreamInfo(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("state")] StreamState State,
    [property: JsonPropertyName("bytes")] long Bytes,
    [property: JsonPropertyName("readers")] int Readers,
    [property: JsonPropertyName("last_event_at")] DateTimeOffset? LastEventAt);

/// <summary>What a stream's file is doing.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StreamState>))]
public enum StreamState
{
    /// <summary>There is no file, and readers wait for it.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting = 1,

    /// <summary>The file is there and may grow.</summary>
    [JsonStringEnumMemberName("following")]
    Following,

    /// <summary>The file's last line says that it is complete.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,

    /// <summary>There is no file, and nobody waits for it.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,
}
