using System.Text.Json;

namespace Causeway.Realtime;

/// <summary>A message to connections rather than to a room, built once per form.</summary>
internal sealed class DirectMessage(Guid id, string type, ReadOnlyMemory<byte> payload, DateTimeOffset sentAt)
{
    private readonly byte[]?[] _forms = new byte[]?[4];

    public byte[] In(WireForm form) => Volatile.Read(ref _forms[(int)form]) ?? Build(form);

    // Two loops may build it at once; either result serves.
    private byte[] Build(WireForm form)
    {
        using var buffer = new MemoryStream(payload.Length + 160);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v"u8, 1);
            json.WriteString("type"u8, type);
            json.WriteString("id"u8, id);
            json.WriteNull("from"u8);
            json.WriteString("sent_at"u8, WireTime.ToText(sentAt));
            json.WritePropertyName("payload"u8);
            json.WriteRawValue(payload.Span, skipInputValidation: true);
            json.WriteEndObject();
        }

        var bytes = WireFormat.Encode(form, type, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        Volatile.Write(ref _forms[(int)form], bytes);
        return bytes;
    }
}
