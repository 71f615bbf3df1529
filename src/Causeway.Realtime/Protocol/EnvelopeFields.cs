using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What one pass over a message finds. It goes on after a fault: a ref that comes later is still wanted, and bytes that are not JSON weigh more.</summary>
internal struct EnvelopeFields
{
    private const int Version = 1;
    private const int MaxTypeLength = 64;
    private const int MaxRefLength = 64;
    private const int MaxConflateKeyLength = 64;
    private const int MaxDepth = 64;

    /// <summary>A character takes at most this many bytes in JSON: <c>\u0041</c>.</summary>
    private const int BytesPerCharacter = 6;

    private static readonly SearchValues<char> TypeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.:-");
    private static readonly NameCache<string> Types = new(256, static name => IsType(name) ? name : null);
    private static readonly NameCache<RoomId> Rooms = new(1024, static name => RoomId.TryParse(name, null, out var room) ? room : null);

    private Field _seen;
    private RoomId? _roomOfEnvelope;
    private RoomId? _roomOfPayload;
    private bool _otherVersion;
    private string? _faultyField;
    private string? _fault;

    [Flags]
    private enum Field
    {
        Unknown = 0,
        Version = 1,
        Type = 2,
        Ref = 4,
        RoomId = 8,
        Payload = 16,
        ConflateKey = 32,
        RoomIdOfPayload = 64,
    }

    public string? Type { get; private set; }

    public string? Ref { get; private set; }

    public string? ConflateKey { get; private set; }

    public readonly RoomId? Room => _roomOfEnvelope ?? _roomOfPayload;

    /// <summary>Where the payload stands.</summary>
    public Range? Payload { get; private set; }

    /// <summary>Where the payload's <c>room_id</c> stands, with the one comma that goes with it.</summary>
    public Range? Cut { get; private set; }

    /// <exception cref="JsonException">The bytes are not one JSON value.</exception>
    public void Read(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                ReadField(ref reader);
            }
        }
        else
        {
            Fault(null, "A message is a JSON object.");
            Skip(ref reader);
        }

        reader.Read();   // throws where something follows
    }

    /// <summary>What is wrong with a message that is JSON, or null.</summary>
    public readonly EnvelopeError? Judge()
    {
        if (_otherVersion)
        {
            return Error(ErrorCode.UnsupportedVersion, "v", "Version 1 of the protocol is spoken here.");
        }

        if (_fault is not null)
        {
            return Error(ErrorCode.InvalidMessage, _faultyField, _fault);
        }

        if (Type is null)
        {
            return Error(ErrorCode.InvalidMessage, "type", "type is required.");
        }

        return _roomOfEnvelope is not null && _roomOfPayload is not null && _roomOfEnvelope != _roomOfPayload
            ? Error(ErrorCode.InvalidMessage, "room_id", "room_id in the envelope and in the payload must be the same.")
            : null;
    }

    private static bool IsType(string name) => name.Length is > 0 and <= MaxTypeLength && !name.AsSpan().ContainsAnyExcept(TypeCharacters);

    private static Field FieldOf(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            return TryReadString(ref reader, "conflate_key".Length, out var text) ? FieldOf(Encoding.UTF8.GetBytes(text)) : Field.Unknown;
        }

        return FieldOf(name);
    }

    private static Field FieldOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        1 when name[0] == 'v' => Field.Version,
        3 when name.SequenceEqual("ref"u8) => Field.Ref,
        4 when name.SequenceEqual("type"u8) => Field.Type,
        7 when name.SequenceEqual("payload"u8) => Field.Payload,
        7 when name.SequenceEqual("room_id"u8) => Field.RoomId,
        12 when name.SequenceEqual("conflate_key"u8) => Field.ConflateKey,
        _ => Field.Unknown,
    };

    private static string NameOf(Field field) => field switch
    {
        Field.Version => "v",
        Field.Type => "type",
        Field.Ref => "ref",
        Field.RoomId => "room_id",
        Field.Payload => "payload",
        Field.ConflateKey => "conflate_key",
        _ => "payload.room_id",
    };

    private static bool TryReadString(ref Utf8JsonReader reader, int maxLength, out string text)
    {
        text = "";
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || reader.ValueSpan.Length > maxLength * BytesPerCharacter)
        {
            return false;
        }

        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return false;   // half of a surrogate pair: JSON, but no text
        }

        return text.Length <= maxLength;
    }

    private static T? TryReadName<T>(ref Utf8JsonReader reader, int maxLength, NameCache<T> cache)
        where T : class
    {
        if (reader.TokenType is JsonTokenType.String && !reader.ValueIsEscaped && reader.ValueSpan.Length <= maxLength)
        {
            return cache.Get(reader.ValueSpan);
        }

        return TryReadString(ref reader, maxLength, out var text) ? cache.Make(text) : null;
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        var field = FieldOf(ref reader);
        var isFirst = IsFirst(field);
        reader.Read();
        switch (field)
        {
            case Field.Version:
                ReadVersion(ref reader);
                break;
            case Field.Type:
                Type = TryReadName(ref reader, MaxTypeLength, Types);
                Check(Type is not null, "type", "type is a string of 1 to 64 of a-z 0-9 _ . : -");
                break;
            case Field.Ref:
                // Given twice, neither can be told to be the one that the client waits for.
                var isRef = TryReadString(ref reader, MaxRefLength, out var text);
                Ref = isRef && isFirst ? text : null;
                Check(isRef, "ref", "ref is a string of at most 64 characters.");
                break;
            case Field.RoomId:
                _roomOfEnvelope = ReadRoom(ref reader, "room_id");
                break;
            case Field.ConflateKey:
                var isKey = TryReadString(ref reader, MaxConflateKeyLength, out var key);
                ConflateKey = key;
                Check(isKey, "conflate_key", "conflate_key is a string of at most 64 characters.");
                break;
            case Field.Payload when reader.TokenType is JsonTokenType.StartObject:
                ReadPayload(ref reader);
                return;
            case Field.Payload:
                Fault("payload", "payload is an object.");
                break;
        }

        Skip(ref reader);
    }

    private void ReadVersion(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.Number)
        {
            _otherVersion |= !reader.TryGetDouble(out var version) || version != Version;
        }
        else
        {
            Fault("v", "v is a number.");
        }
    }

    private RoomId? ReadRoom(ref Utf8JsonReader reader, string field)
    {
        var room = TryReadName(ref reader, RoomId.MaxLength, Rooms);
        Check(room is not null, field, "room_id is a string of 1 to 128 of A-Z a-z 0-9 _ . : -");
        return room;
    }

    private void ReadPayload(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var endBefore = -1;         // of the property before
        var openCut = -1;           // where a cut starts that takes the comma after it
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var nameStart = (int)reader.TokenStartIndex;
            if (openCut >= 0)
            {
                Cut = openCut..nameStart;
                openCut = -1;
            }

            var isRoom = FieldOf(ref reader) is Field.RoomId && IsFirst(Field.RoomIdOfPayload);
            reader.Read();
            if (isRoom)
            {
                _roomOfPayload = ReadRoom(ref reader, "payload.room_id");
            }

            Skip(ref reader);
            var end = (int)reader.BytesConsumed;
            if (isRoom)
            {
                Cut = (endBefore < 0 ? nameStart : endBefore)..end;
                openCut = endBefore < 0 ? nameStart : -1;
            }

            endBefore = end;
        }

        Payload = start..(int)reader.BytesConsumed;
    }

    /// <summary>Goes to the end of the value that the reader stands on.</summary>
    private void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        var depth = reader.CurrentDepth;
        do
        {
            if (reader.CurrentDepth >= MaxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                Fault(null, "A message is at most 64 levels deep.");
            }
        }
        while (reader.Read() && reader.CurrentDepth > depth);
    }

    private bool IsFirst(Field field)
    {
        if ((_seen & field) != 0)
        {
            Fault(NameOf(field), $"{NameOf(field)} stands there twice.");
            return false;
        }

        _seen |= field;
        return true;
    }

    private void Check(bool holds, string field, string fault)
    {
        if (!holds)
        {
            Fault(field, fault);
        }
    }

    private void Fault(string? field, string fault)
    {
        if (_fault is null)
        {
            (_faultyField, _fault) = (field, fault);
        }
    }

    private readonly EnvelopeError Error(ErrorCode code, string? field, string message) =>
        new(code, message, Ref) { Details = field is null ? null : new JsonObject { ["field"] = field } };
}
