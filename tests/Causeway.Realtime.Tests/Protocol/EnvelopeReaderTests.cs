using System.Text;
using System.Text.Json;

namespace Causeway.Realtime.Tests.Protocol;

public sealed class EnvelopeReaderTests
{
    private static readonly string Chars64 = new('x', 64);
    private static readonly string Chars128 = new('r', 128);

    [Fact]
    public void TryRead_AllFields_AreRead()
    {
        var envelope = Read("""{"v":1,"type":"chat","ref":"7","room_id":"lobby","payload":{"text":"hi"},"conflate_key":"k"}""");

        Assert.Equal(("chat", "7", "lobby", "k"), (envelope.Type, envelope.Ref, envelope.Room?.Value, envelope.ConflateKey));
        Assert.Equal("""{"text":"hi"}""", Text(envelope.Payload));
    }

    [Fact]
    public void TryRead_OnlyType_TheRestIsAbsent()
    {
        var envelope = Read("""{"type":"ping"}""");

        Assert.Equal(("ping", null, null, null), (envelope.Type, envelope.Ref, envelope.Room, envelope.ConflateKey));
        Assert.Equal("{}", Text(envelope.Payload));
    }

    [Theory]
    [InlineData("""{"type":"a"}""", "a")]
    [InlineData("""{"type":"az09_.:-"}""", "az09_.:-")]
    [InlineData("""{"type":"\u0063hat"}""", "chat")]
    [InlineData("""{"t\u0079pe":"chat"}""", "chat")]
    [InlineData("""  {"other":[1,{"type":"no"}],"type" : "chat" , "more":null}  """, "chat")]
    [InlineData("""{"v":1.0,"type":"chat"}""", "chat")]
    [InlineData("""{"v":1e0,"type":"chat"}""", "chat")]
    [InlineData("""{"x":"\ud800","\ud800":1,"type":"chat"}""", "chat")]
    [InlineData("""{"id":1,"id":2,"type":"chat"}""", "chat")]
    public void TryRead_Type_IsRead(string json, string type) => Assert.Equal(type, Read(json).Type);

    [Theory]
    [InlineData("""{"type":"c","ref":""}""", "")]
    [InlineData("""{"type":"c","ref":"grüße 🚀 \" \n"}""", "grüße 🚀 \" \n")]
    [InlineData("""{"type":"c","ref":"\ud83d\ude80"}""", "🚀")]
    public void TryRead_Ref_IsAnyString(string json, string expected) => Assert.Equal(expected, Read(json).Ref);

    [Fact]
    public void TryRead_LongestNames_AreRead()
    {
        var envelope = Read($$"""{"type":"{{Chars64}}","ref":"{{string.Concat(Enumerable.Repeat("\\u0041", 64))}}","room_id":"{{Chars128}}","conflate_key":"{{Chars64}}"}""");

        Assert.Equal((Chars64, new string('A', 64), Chars128, Chars64), (envelope.Type, envelope.Ref, envelope.Room?.Value, envelope.ConflateKey));
    }

    [Theory]
    [InlineData("""{"type":"c","payload":{"room_id":"a"}}""", "{}")]
    [InlineData("""{"type":"c","payload":{ "room_id" : "a" }}""", "{  }")]
    [InlineData("""{"type":"c","payload":{"room_id":"a","x":1}}""", """{"x":1}""")]
    [InlineData("""{"type":"c","payload":{"room_id":"a" , "x":1}}""", """{"x":1}""")]
    [InlineData("""{"type":"c","payload":{"x":1,"room_id":"a"}}""", """{"x":1}""")]
    [InlineData("""{"type":"c","payload":{"x":1 , "room_id":"a" }}""", """{"x":1 }""")]
    [InlineData("""{"type":"c","payload":{"x":1,"room_id":"a","y":[{"room_id":"z"}]}}""", """{"x":1,"y":[{"room_id":"z"}]}""")]
    [InlineData("""{"type":"c","payload":{"x":"a long value, so that the rest is the shorter part","room_id":"a","y":2}}""", """{"x":"a long value, so that the rest is the shorter part","y":2}""")]
    [InlineData("""{"type":"c","payload":{"room\u005fid":"a","x":1}}""", """{"x":1}""")]
    [InlineData("""{"room_id":"a","type":"c","payload":{"room_id":"a","x":1}}""", """{"x":1}""")]
    [InlineData("""{"type":"c","payload":{"room_id":"\u0061","x":1},"room_id":"a"}""", """{"x":1}""")]
    public void TryRead_RoomInThePayload_IsCutOut(string json, string payload)
    {
        var envelope = Read(json);

        Assert.Equal("a", envelope.Room?.Value);
        Assert.Equal(payload, Text(envelope.Payload));
    }

    [Theory]
    [InlineData("{\"type\":\"c\",\"payload\":{\r\n\t\"x\":\r1,\n\"y\":\"a\\r\\n\"\n}\r\n}", "{  \t\"x\": 1, \"y\":\"a\\r\\n\" }")]
    [InlineData("{\"type\":\"c\",\"payload\":{\n\"room_id\":\n\"a\",\n\"x\":\n1}}", "{ \"x\": 1}")]
    public void TryRead_LineBreaksBetweenTokens_BecomeSpaces(string json, string payload) => Assert.Equal(payload, Text(Read(json).Payload));

    [Theory]
    [InlineData("", null)]
    [InlineData(" ", null)]
    [InlineData("{", null)]
    [InlineData("nonsense", 0)]
    [InlineData("""{"type":"c"}}""", 12)]
    [InlineData("""{"type":"c"} {}""", 13)]
    [InlineData("""{"type":"c",}""", null)]
    [InlineData("""{"type":'c'}""", 8)]
    [InlineData("""{"type":"c" /* why */}""", null)]
    [InlineData("""{"type":"c","payload":{"x":01}}""", null)]
    [InlineData("{\"type\":\"a\nb\"}", null)]
    [InlineData("{\n\n\"type\":nope}", 11)]
    public void TryRead_NoJson_IsInvalidJson(string json, int? position)
    {
        var error = Refuse(json);

        Assert.Equal("INVALID_JSON", error.Code.Name);
        var actual = error.Details!["position"]!.GetValue<long>();
        Assert.InRange(actual, 0, json.Length);
        if (position is { } expected)
        {
            Assert.InRange(actual, expected, expected + 1);
        }
    }

    [Fact]
    public void TryRead_NotUtf8_IsInvalidJson()
    {
        byte[] bytes = [.. "{\"type\":\"c\",\"payload\":{\"x\":\""u8, 0xff, .. "\"}}"u8];

        Assert.Equal("INVALID_JSON", EnvelopeReader.TryRead(bytes, out _)!.Code.Name);
    }

    [Theory]
    [InlineData("[]", null)]
    [InlineData("1", null)]
    [InlineData("null", null)]
    [InlineData("""[{"type":"c"}]""", null)]
    [InlineData("{}", "type")]
    [InlineData("""{"Type":"c"}""", "type")]
    [InlineData("""{"type":null}""", "type")]
    [InlineData("""{"type":1}""", "type")]
    [InlineData("""{"type":""}""", "type")]
    [InlineData("""{"type":"Chat"}""", "type")]
    [InlineData("""{"type":"a b"}""", "type")]
    [InlineData("""{"type":"grüße"}""", "type")]
    [InlineData("""{"type":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""", "type")]
    [InlineData("""{"type":{"type":"c"}}""", "type")]
    [InlineData("""{"type":"c","v":"1"}""", "v")]
    [InlineData("""{"type":"c","v":null}""", "v")]
    [InlineData("""{"type":"c","v":[1]}""", "v")]
    [InlineData("""{"type":"c","ref":1}""", "ref")]
    [InlineData("""{"type":"c","ref":null}""", "ref")]
    [InlineData("""{"type":"c","ref":"\ud800"}""", "ref")]
    [InlineData("""{"type":"c","ref":{"a":1}}""", "ref")]
    [InlineData("""{"type":"c","room_id":""}""", "room_id")]
    [InlineData("""{"type":"c","room_id":"a b"}""", "room_id")]
    [InlineData("""{"type":"c","room_id":7}""", "room_id")]
    [InlineData("""{"type":"c","room_id":null}""", "room_id")]
    [InlineData("""{"type":"c","payload":{"room_id":["a"]}}""", "payload.room_id")]
    [InlineData("""{"type":"c","payload":{"room_id":"a/b"}}""", "payload.room_id")]
    [InlineData("""{"type":"c","room_id":"a","payload":{"room_id":"b"}}""", "room_id")]
    [InlineData("""{"type":"c","payload":{"room_id":"b"},"room_id":"a"}""", "room_id")]
    [InlineData("""{"type":"c","payload":{"room_id":"a","room_id":"a"}}""", "payload.room_id")]
    [InlineData("""{"type":"c","payload":[]}""", "payload")]
    [InlineData("""{"type":"c","payload":null}""", "payload")]
    [InlineData("""{"type":"c","payload":"{}"}""", "payload")]
    [InlineData("""{"type":"c","conflate_key":1}""", "conflate_key")]
    [InlineData("""{"type":"c","type":"c"}""", "type")]
    [InlineData("""{"type":"c","t\u0079pe":"c"}""", "type")]
    [InlineData("""{"v":1,"v":1,"type":"c"}""", "v")]
    [InlineData("""{"type":"c","ref":"1","ref":"1"}""", "ref")]
    [InlineData("""{"type":"c","room_id":"a","room_id":"a"}""", "room_id")]
    [InlineData("""{"type":"c","payload":{},"payload":{}}""", "payload")]
    [InlineData("""{"type":"c","conflate_key":"a","conflate_key":"b"}""", "conflate_key")]
    public void TryRead_JsonButNoEnvelope_NamesTheField(string json, string? field)
    {
        var error = Refuse(json);

        Assert.Equal("INVALID_MESSAGE", error.Code.Name);
        Assert.Equal(field, error.Details?["field"]?.GetValue<string>());
        Assert.Null(error.Ref);
    }

    [Theory]
    [InlineData("ref")]
    [InlineData("conflate_key")]
    public void TryRead_SixtyFiveCharacters_IsTooLong(string field) =>
        Assert.Equal(field, Refuse($$"""{"type":"c","{{field}}":"{{Chars64}}x"}""").Details!["field"]!.GetValue<string>());

    [Theory]
    [InlineData("""{"type":"c","v":2}""")]
    [InlineData("""{"v":0}""")]
    [InlineData("""{"v":1.5,"type":"c"}""")]
    [InlineData("""{"v":-1,"type":"c"}""")]
    [InlineData("""{"v":1e999,"type":"c"}""")]
    [InlineData("""{"v":3,"type":{"new":"shape"},"payload":[]}""")]
    public void TryRead_AnotherVersion_IsUnsupported(string json) => Assert.Equal("UNSUPPORTED_VERSION", Refuse(json).Code.Name);

    [Theory]
    [InlineData("""{"ref":"7","type":1}""", "7")]
    [InlineData("""{"type":1,"payload":[],"ref":"7"}""", "7")]
    [InlineData("""{"v":2,"ref":"7"}""", "7")]
    [InlineData("""{"ref":"7","type":"c","payload":{"x":}}""", "7")]
    [InlineData("""{"ref":"7","type":"c"} garbage""", "7")]
    [InlineData("""{"type":"c","payload":{"x":},"ref":"7"}""", null)]
    [InlineData("""{"type":1,"payload":{"ref":"inner"}}""", null)]
    [InlineData("""[{"ref":"7"}]""", null)]
    public void TryRead_Refused_RepeatsTheRefWhereItCanBeRead(string json, string? expected) => Assert.Equal(expected, Refuse(json).Ref);

    [Theory]
    [InlineData("payload")]
    [InlineData("other")]
    public void TryRead_SixtyFourLevels_IsTheDeepest(string field)
    {
        Assert.Null(EnvelopeReader.TryRead(Nested(field, 64), out _));

        var error = EnvelopeReader.TryRead(Nested(field, 65), out _)!;
        Assert.Equal(("INVALID_MESSAGE", "7"), (error.Code.Name, error.Ref));
        Assert.Equal("INVALID_MESSAGE", EnvelopeReader.TryRead(Nested(field, 20_000), out _)!.Code.Name);
    }

    [Fact]
    public void TryRead_Refused_LeavesTheBytesAlone()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"payload\":{\n\"room_id\":\"a\"},\"type\":1}");
        var before = bytes.ToArray();

        Assert.NotNull(EnvelopeReader.TryRead(bytes, out _));

        Assert.Equal(before, bytes);
    }

    [Fact]
    public void TryRead_Payload_AliasesTheBytes()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"type":"c","payload":{"x":1}}""");
        Assert.Null(EnvelopeReader.TryRead(bytes, out var envelope));

        bytes[Array.IndexOf(bytes, (byte)'1')] = (byte)'2';

        Assert.Equal("""{"x":2}""", Text(envelope.Payload));
    }

    [Fact]
    public void TryRead_TheSameNamesAgain_AllocatesNothing()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"type":"chat","room_id":"lobby","payload":{"text":"hi","n":[1,2,3]}}""");
        for (var warmUp = 0; warmUp < 100; warmUp++)
        {
            EnvelopeReader.TryRead(bytes, out _);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        EnvelopeReader.TryRead(bytes, out _);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static byte[] Nested(string field, int levels) => Encoding.UTF8.GetBytes(
        $$"""{"type":"c","{{field}}":{"a":{{new string('[', levels - 2)}}{{new string(']', levels - 2)}}},"ref":"7"}""");

    private static Envelope Read(string json)
    {
        var error = EnvelopeReader.TryRead(Encoding.UTF8.GetBytes(json), out var envelope);
        Assert.True(error is null, error?.Message);
        using var payload = JsonDocument.Parse(envelope.Payload, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal(JsonValueKind.Object, payload.RootElement.ValueKind);
        return envelope;
    }

    private static EnvelopeError Refuse(string json)
    {
        var error = EnvelopeReader.TryRead(Encoding.UTF8.GetBytes(json), out var envelope);
        Assert.NotNull(error);
        Assert.Equal(default, envelope);
        return error;
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
