using System.Buffers.Binary;
using System.Text;

namespace Causeway.Server.Tests.Telemetry;

/// <summary>A protobuf message by field numbers, as far as a test needs it.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Field, object Value)> _fields = [];

    public static ProtoMessage Parse(ReadOnlyMemory<byte> bytes)
    {
        var message = new ProtoMessage();
        var rest = bytes;
        while (!rest.IsEmpty)
        {
            var key = Varint(ref rest);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    message._fields.Add((field, Varint(ref rest)));
                    break;
                case 1:
                    message._fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(rest.Span)));
                    rest = rest[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref rest);
                    message._fields.Add((field, rest[..length]));
                    rest = rest[length..];
                    break;
                case 5:
                    message._fields.Add((field, (ulong)BinaryPrimitives.ReadUInt32LittleEndian(rest.Span)));
                    rest = rest[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} is unknown.");
            }
        }

        return message;
    }

    public IEnumerable<ProtoMessage> Messages(int field) => Of<ReadOnlyMemory<byte>>(field).Select(Parse);

    public string Text(int field) => Encoding.UTF8.GetString(Of<ReadOnlyMemory<byte>>(field).FirstOrDefault().Span);

    public string Hex(int field) => Convert.ToHexStringLower(Of<ReadOnlyMemory<byte>>(field).FirstOrDefault().Span);

    public ulong Number(int field) => Of<ulong>(field).FirstOrDefault();

    /// <summary>A list of <c>KeyValue</c>, values as text.</summary>
    public Dictionary<string, string> Attributes(int field) => Messages(field).ToDictionary(
        static pair => pair.Text(1),
        static pair => pair.Messages(2).Single() is var value && value.Of<ReadOnlyMemory<byte>>(1).Any()
            ? value.Text(1)
            : value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private IEnumerable<T> Of<T>(int field) => _fields.Where(pair => pair.Field == field).Select(static pair => pair.Value).OfType<T>();

    private static ulong Varint(ref ReadOnlyMemory<byte> rest)
    {
        ulong value = 0;
        for (var (i, shift) = (0, 0); ; i++, shift += 7)
        {
            var next = rest.Span[i];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }
    }
}
