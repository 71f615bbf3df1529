using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests.Protocol;

/// <summary>What must hold for any envelope and for any bytes.</summary>
public sealed class EnvelopeProperties
{
    private const string TypeCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_.:-";
    private const string RoomCharacters = TypeCharacters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly Gen<string> AnyText = Gen.Choose(0, 20).SelectMany(static count =>
        Gen.Elements("a", "\"", "\\", "\n", "\r", "ü", "€", "🚀", "room_id", "}", "{", ",", ":", " ").ArrayOf(count)).Select(static parts => string.Concat(parts));

    private static readonly Gen<string> AnyType = NameOf(TypeCharacters, 64);
    private static readonly Gen<string> AnyRoom = NameOf(RoomCharacters, 128);

    private static readonly Gen<JsonNode?> AnyValue = Gen.OneOf(
        AnyText.Select(static text => (JsonNode?)JsonValue.Create(text)),
        Gen.Choose(-1000, 1000).Select(static number => (JsonNode?)JsonValue.Create(number)),
        Gen.Constant<JsonNode?>(null),
        AnyText.Select(static text => (JsonNode?)new JsonArray(text, true, new JsonObject { ["room_id"] = text })),
        AnyText.Select(static text => (JsonNode?)new JsonObject { ["room_id"] = text, [text] = 1.5 }));

    private static readonly Gen<(string Name, JsonNode? Value)[]> AnyProperties = Gen.Choose(0, 5).SelectMany(static count =>
        (from name in AnyText from value in AnyValue select (name, value)).ArrayOf(count));

    private static readonly Gen<Written> AnyEnvelope =
        from type in AnyType
        from reference in Gen.OneOf(Gen.Constant<string?>(null), AnyText.Select(static text => (string?)text[..Math.Min(text.Length, 60)]).Where(static text => IsWhole(text!)))
        from room in AnyRoom
        from roomPlace in Gen.Elements(0, 1, 2, 3)
        from roomAt in Gen.Choose(0, 5)
        from properties in AnyProperties
        from indented in Gen.Elements(true, false)
        from escaped in Gen.Elements(true, false)
        from shuffle in Gen.Choose(0, 1000)
        select new Written(type, reference, room, roomPlace, roomAt, properties, indented, escaped, shuffle);

    [Fact]
    public void TryRead_AnyEnvelope_ReadsBack() =>
        Prop.ForAll(AnyEnvelope.ToArbitrary(), static written =>
        {
            var payload = new JsonObject();
            foreach (var (name, value) in written.Properties.Where(static p => p.Name != "room_id"))
            {
                payload[name] = value?.DeepClone();
            }

            var expected = payload.DeepClone();
            if ((written.RoomPlace & 1) != 0)
            {
                payload.Insert(Math.Min(written.RoomAt, payload.Count), "room_id", written.Room);
            }

            var error = EnvelopeReader.TryRead(written.Encode(payload), out var envelope);

            Assert.Null(error);
            Assert.Equal((written.Type, written.Ref), (envelope.Type, envelope.Ref));
            Assert.Equal(written.RoomPlace == 0 ? null : written.Room, envelope.Room?.Value);
            Assert.Equal(-1, envelope.Payload.Span.IndexOfAny((byte)'\r', (byte)'\n'));
            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(envelope.Payload.Span)), Encoding.UTF8.GetString(envelope.Payload.Span));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void TryRead_RandomBytes_NeverThrows() =>
        Prop.ForAll(Gen.Choose(0, 200).SelectMany(static length => Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf(length)).ToArbitrary(), static bytes =>
        {
            Assert.NotNull(EnvelopeReader.TryRead(bytes, out _));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void TryRead_DamagedEnvelope_NeverThrowsAndWhatItAcceptsIsSound()
    {
        var damage = from at in Gen.Choose(0, int.MaxValue) from value in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements<int>('"', '\\', '{', '}', '[', ',', ':', 'u', '0')) select (at, value);
        var cases = from written in AnyEnvelope from damages in damage.ArrayOf(2) select (written, damages);
        Prop.ForAll(cases.ToArbitrary(), static @case =>
        {
            var payload = new JsonObject { ["room_id"] = @case.written.Room, ["text"] = "hi", ["n"] = 1 };
            var bytes = @case.written.Encode(payload);
            foreach (var (at, value) in @case.damages)
            {
                bytes[at % bytes.Length] = (byte)value;
            }

            if (EnvelopeReader.TryRead(bytes, out var envelope) is null)
            {
                Assert.InRange(envelope.Type.Length, 1, 64);
                using var read = JsonDocument.Parse(envelope.Payload);
                Assert.False(read.RootElement.TryGetProperty("room_id"u8, out _));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    private static Gen<string> NameOf(string characters, int longest) =>
        Gen.Choose(1, longest).SelectMany(length => Gen.Elements(characters.ToCharArray()).ArrayOf(length)).Select(static letters => new string(letters));

    private static bool IsWhole(string text) => text.Length == 0 || !char.IsHighSurrogate(text[^1]);

    private sealed record Written(
        string Type, string? Ref, string Room, int RoomPlace, int RoomAt, (string Name, JsonNode? Value)[] Properties, bool Indented, bool Escaped, int Shuffle)
    {
        public byte[] Encode(JsonObject payload)
        {
            List<(string Name, JsonNode? Value)> fields = [("type", Type), ("payload", payload), ("v", 1), ("unknown", new JsonArray(1, "x"))];
            if (Ref is not null)
            {
                fields.Add(("ref", Ref));
            }

            if ((RoomPlace & 2) != 0)
            {
                fields.Add(("room_id", Room));
            }

            var random = new Random(Shuffle);
            var envelope = new JsonObject(fields.OrderBy(_ => random.Next()).Select(static f => KeyValuePair.Create(f.Name, f.Value)));
            using var bytes = new MemoryStream();
            using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
            {
                Indented = Indented,
                NewLine = Shuffle % 2 == 0 ? "\n" : "\r\n",
                Encoder = Escaped ? null : JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }))
            {
                envelope.WriteTo(writer);
            }

            return bytes.ToArray();
        }
    }
}
