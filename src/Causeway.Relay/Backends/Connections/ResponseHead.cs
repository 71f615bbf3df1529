using System.Text;
using Microsoft.Extensions.Primitives;

namespace Causeway.Relay;

/// <summary>How an answer's body ends.</summary>
internal enum BodyFraming
{
    None = 1,
    Length,
    Chunked,
    UntilClose,
}

/// <summary>
/// The head of an answer, read strictly (RFC 9112): what two readers could understand differently is refused. Belongs to a connection, whose answers
/// tend to be alike: a line that stood at the same place in the one before keeps its strings.
/// </summary>
internal sealed class ResponseHead
{
    /// <summary>The most bytes a head may have.</summary>
    public const int MaxBytes = 65_536;

    private byte[] _bytes = [];
    private byte[] _bytesBefore = [];
    private ResponseField[] _fields = [];
    private ResponseField[] _fieldsBefore = [];
    private int _countBefore;
    private StringValues _connection;
    private long _length;

    public int Status { get; private set; }

    public BodyFraming Framing { get; private set; }

    /// <summary>The body's bytes, where <see cref="Framing"/> is <see cref="BodyFraming.Length"/>.</summary>
    public long ContentLength => _length;

    /// <summary>Whether another request may follow on the connection.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>The fields in their order, hop-by-hop ones included.</summary>
    public ReadOnlySpan<ResponseField> Fields => _fields.AsSpan(0, Count);

    private int Count { get; set; }

    /// <summary>Where a head ends in what was received; 0 while it is not complete.</summary>
    public static int EndOf(ReadOnlySpan<byte> received)
    {
        var offset = 0;
        while (true)
        {
            var line = received[offset..].IndexOf((byte)'\n');
            if (line < 0)
            {
                return 0;
            }

            offset += line + 1;
            var rest = received[offset..];
            if (rest.StartsWith("\r\n"u8))
            {
                return offset + 2;
            }

            if (rest.StartsWith("\n"u8))
            {
                return offset + 1;
            }
        }
    }

    /// <summary>Reads a whole head.</summary>
    /// <param name="head">With the empty line at its end.</param>
    /// <param name="isHead">Whether the request was a HEAD, whose answer has no body.</param>
    /// <returns>What is wrong with it, for the log; null where nothing is.</returns>
    public string? Parse(ReadOnlySpan<byte> head, bool isHead)
    {
        TurnOver(head);
        var line = NextLine(ref head);
        if (line.Length < 12
            || !line.StartsWith("HTTP/1."u8)
            || line[7] is not ((byte)'0' or (byte)'1')
            || line[8] != ' '
            || line[9] is < (byte)'1' or > (byte)'9'
            || !char.IsAsciiDigit((char)line[10])
            || !char.IsAsciiDigit((char)line[11])
            || line.Length > 12 && line[12] != ' ')
        {
            return "its status line is no HTTP/1.1";
        }

        Status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
        var isVersion11 = line[7] == '1';
        var transferEncoding = false;
        _length = -1;
        _connection = default;
        while (head.Length > 0 && NextLine(ref head) is { Length: > 0 } field)
        {
            var flaw = Add(field);
            if (flaw is not null)
            {
                return flaw;
            }

            ref var added = ref _fields[Count - 1];
            switch (added.Rule)
            {
                case HeaderRule.ContentLength:
                    if (!TryReadLength(added.Value, out var length) || _length >= 0 && _length != length)
                    {
                        return "its Content-Length is no number, or there are several";
                    }

                    _length = length;
                    break;

                case HeaderRule.TransferEncoding:
                    if (transferEncoding || !added.Value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                    {
                        return "its Transfer-Encoding is not chunked alone";
                    }

                    transferEncoding = true;
                    break;

                case HeaderRule.Connection:
                    _connection = StringValues.Concat(_connection, added.Value);
                    break;
            }
        }

        return Decide(isHead, isVersion11, transferEncoding);
    }

    /// <summary>Whether a field of this name belongs to the connection because <c>Connection</c> names it.</summary>
    public bool IsNominated(string name) => _connection.Count > 0 && HeaderRules.Nominates(_connection) && HeaderRules.Lists(_connection, name);

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        var line = head[..end];
        head = head[(end + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private static bool TryReadLength(string value, out long length)
    {
        length = 0;
        return value.Length is > 0 and <= 18 && !value.AsSpan().ContainsAnyExceptInRange('0', '9') && long.TryParse(value, out length);
    }

    private string? Decide(bool isHead, bool isVersion11, bool transferEncoding)
    {
        if (transferEncoding && (_length >= 0 || !isVersion11))
        {
            return "it has both Content-Length and Transfer-Encoding, or the latter in HTTP/1.0";
        }

        KeepsAlive = isVersion11 ? !HeaderRules.Lists(_connection, "close") : HeaderRules.Lists(_connection, "keep-alive");
        Framing = isHead || Status is < 200 or 204 or 304 ? BodyFraming.None
            : transferEncoding ? BodyFraming.Chunked
            : _length == 0 ? BodyFraming.None
            : _length > 0 ? BodyFraming.Length
            : BodyFraming.UntilClose;
        KeepsAlive &= Framing != BodyFraming.UntilClose;
        return null;
    }

    // The strings of the head before are looked up by its bytes, so those are kept.
    private void TurnOver(ReadOnlySpan<byte> head)
    {
        (_bytes, _bytesBefore) = (_bytesBefore, _bytes);
        (_fields, _fieldsBefore) = (_fieldsBefore, _fields);
        _countBefore = Count;
        Count = 0;
        Offset = 0;
        if (_bytes.Length < head.Length)
        {
            _bytes = new byte[Math.Max(512, head.Length)];
        }
    }

    private int Offset { get; set; }

    private string? Add(ReadOnlySpan<byte> line)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, Math.Max(16, Count * 2));
        }

        line.CopyTo(_bytes.AsSpan(Offset));
        if (Count < _countBefore)
        {
            ref readonly var before = ref _fieldsBefore[Count];
            if (_bytesBefore.AsSpan(before.Start, before.Length).SequenceEqual(line))
            {
                _fields[Count++] = before with { Start = Offset };
                Offset += line.Length;
                return null;
            }
        }

        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(HeaderRules.Token))
        {
            return "a header's name is no token";
        }

        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (HasControls(value))
        {
            return "a header's value has control characters";
        }

        var name = Encoding.ASCII.GetString(line[..colon]);

        // Latin-1 keeps every byte as it is, whatever the backend meant by it.
        _fields[Count++] = new ResponseField(name, Encoding.Latin1.GetString(value), HeaderRules.OfResponse(name), Offset, line.Length);
        Offset += line.Length;
        return null;
    }

    private static bool HasControls(ReadOnlySpan<byte> value)
    {
        foreach (var b in value)
        {
            if (b is < 0x20 and not (byte)'\t' or 0x7F)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>One header of an answer.</summary>
/// <param name="Name">As the backend spells it.</param>
/// <param name="Value">Each character is one byte.</param>
/// <param name="Rule">What becomes of it.</param>
/// <param name="Start">Where its line stands among the kept bytes.</param>
/// <param name="Length">How long the line is.</param>
internal readonly record struct ResponseField(string Name, string Value, HeaderRule Rule, int Start, int Length);
