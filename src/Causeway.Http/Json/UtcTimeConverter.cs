using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Causeway.Http;

/// <summary>A moment as RFC 3339 in UTC with milliseconds, <c>2026-01-31T08:15:00.000Z</c>; one without an offset is refused.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    private const int MillisecondsEnd = 23;

    public static DateTimeOffset ReadMoment(ref Utf8JsonReader reader)
    {
        // The platform takes a time without an offset as local time, which no client can mean.
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetDateTime(out var time) || time.Kind == DateTimeKind.Unspecified)
        {
            throw new JsonException();
        }

        return reader.GetDateTimeOffset().ToUniversalTime();
    }

    public static void WriteMoment(Utf8JsonWriter writer, DateTime utc)
    {
        // The round-trip form, which has seven digits of a second, and is written much faster than one of our own.
        Span<byte> text = stackalloc byte[28];
        Utf8Formatter.TryFormat(utc, text, out _, 'O');
        text[MillisecondsEnd] = (byte)'Z';
        writer.WriteStringValue(text[..(MillisecondsEnd + 1)]);
    }

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadMoment(ref reader);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        WriteMoment(writer, value.UtcDateTime);
}

/// <summary>The same for <see cref="DateTime"/>; one of unspecified kind is taken as UTC when it is written.</summary>
internal sealed class UtcDateTimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        UtcTimeConverter.ReadMoment(ref reader).UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        UtcTimeConverter.WriteMoment(writer, value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value);
}
