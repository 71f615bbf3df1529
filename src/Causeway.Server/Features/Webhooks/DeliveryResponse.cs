using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Causeway.Server;

/// <summary>One event on its way to one endpoint.</summary>
internal sealed record DeliveryResponse
{
    /// <summary>A UUIDv7; <c>Causeway-Delivery</c> of its requests.</summary>
    public required string Id { get; init; }

    /// <summary>The event: <c>id</c> in the body.</summary>
    public required string EventId { get; init; }

    /// <summary>The event's type.</summary>
    public required string EventType { get; init; }

    /// <summary><c>pending</c>, <c>succeeded</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Requests that were made.</summary>
    public required long Attempts { get; init; }

    /// <summary>The job that has it, or had it last.</summary>
    public required string? JobId { get; init; }

    /// <summary>The status of the last answer.</summary>
    public required long? Status { get; init; }

    /// <summary>How long the last try took, in milliseconds.</summary>
    public required long? DurationMs { get; init; }

    /// <summary>Why the last try failed.</summary>
    public required string? Error { get; init; }

    /// <summary>When the event came to be sent.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last try began.</summary>
    public required DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>When it was over.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    public static DeliveryResponse From(DeliveryRow row) => new()
    {
        Id = row.Id,
        EventId = row.EventId,
        EventType = row.EventType,
        State = row.State,
        Attempts = row.Attempts,
        JobId = row.JobId,
        Status = row.Status,
        DurationMs = row.DurationMs,
        Error = row.Error,
        CreatedAt = Moments.From(row.CreatedAt),
        AttemptedAt = Moments.From(row.AttemptedAt),
        FinishedAt = Moments.From(row.FinishedAt),
    };
}

/// <summary>A delivery with what is sent and all its tries.</summary>
/// <param name="Delivery">As in the list.</param>
/// <param name="Body">What is sent.</param>
/// <param name="Tries">Its tries, the oldest first.</param>
internal sealed record DeliveryDetails(DeliveryResponse Delivery, [property: JsonConverter(typeof(SentBodyConverter))] JsonElement Body, IReadOnlyList<AttemptResponse> Tries);

/// <summary>One request of a delivery.</summary>
/// <param name="Number">Which, from 1.</param>
/// <param name="At">When it began.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">The status of the answer; null where there was none.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
/// <param name="Answer">The first 1,024 bytes of the answer, as text.</param>
internal sealed record AttemptResponse(long Number, DateTimeOffset At, long DurationMs, long? Status, string? Error, string? Answer);

/// <summary>Shows what is sent as it is: a message may be nested as deep as JSON of ours ever is, and lies two levels deeper here.</summary>
internal sealed class SentBodyConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}
