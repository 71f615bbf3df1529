using System.Globalization;
using System.Text.Json;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Reads a room's log. The messages are written as the bytes their members got.</summary>
internal static class ReadHistory
{
    public static async Task<IResult> HandleAsync(
        string room_id, string? after, string? before, PageRequest page, Realtime.Rooms rooms, RoomStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        var lowest = ReadOffset(errors, "after", after);
        var highest = ReadOffset(errors, "before", before);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        // Forward from a position, or backward from the newest: the cursor goes on in the direction in which the first page went.
        var isForward = lowest is not null;
        var listName = string.Create(CultureInfo.InvariantCulture, $"rooms/{room}/messages/{lowest}/{highest}");
        long? from = page.ReadCursor(listName) is { } cursor ? long.Parse(cursor, CultureInfo.InvariantCulture) : null;
        var lower = isForward ? from ?? lowest : null;
        var upper = isForward ? highest : from ?? highest;
        var messages = await rooms.HistoryAsync(room!, lower, upper, page.Limit, cancellationToken);
        if (messages is null && await store.FindAsync(room!, cancellationToken) is null)
        {
            return RoomErrors.NotFound.ToResult();
        }

        messages ??= [];

        string? next = null;
        if (messages.Count == page.Limit)
        {
            var edge = isForward ? messages[^1].Offset : messages[0].Offset;
            var beyond = await (isForward
                ? rooms.HistoryAsync(room!, edge, upper, 1, cancellationToken)
                : rooms.HistoryAsync(room!, null, edge, 1, cancellationToken));
            next = beyond is { Count: > 0 } ? page.WriteCursor(listName, edge.ToString(CultureInfo.InvariantCulture)) : null;
        }

        return new RawPage(messages, next);
    }

    private static long? ReadOffset(FieldErrors errors, string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var isOffset = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset);
        errors.Check(isOffset, name, "Must be an offset: a whole number, 0 or more.");
        return isOffset ? offset : null;
    }

    /// <summary>A page whose items are JSON already.</summary>
    private sealed class RawPage(IReadOnlyList<StoredMessage> messages, string? nextCursor) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "application/json; charset=utf-8";
            using (var writer = new Utf8JsonWriter(response.BodyWriter))
            {
                writer.WriteStartObject();
                writer.WriteStartArray("items"u8);
                foreach (var message in messages)
                {
                    writer.WriteRawValue(message.Json.Span, skipInputValidation: true);
                }

                writer.WriteEndArray();
                writer.WriteString("next_cursor"u8, nextCursor);
                writer.WriteBoolean("has_next"u8, nextCursor is not null);
                writer.WriteEndObject();
            }

            return response.BodyWriter.FlushAsync(httpContext.RequestAborted).AsTask();
        }
    }
}
