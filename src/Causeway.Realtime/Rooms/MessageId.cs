using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Causeway.Realtime;

/// <summary>The ids of messages: UUIDs of version 7 (RFC 9562, section 5.7), as <see cref="Guid.CreateVersion7(DateTimeOffset)"/> makes them. That asks the system for each one's random bits; here one question is for many.</summary>
internal static class MessageId
{
    private const int Bytes = 16;
    private const int TimeBytes = 6;
    private const int RandomBytes = Bytes - TimeBytes;
    private const int Ahead = 64 * RandomBytes;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _left;

    public static Guid New(DateTimeOffset time)
    {
        var random = _random ??= new byte[Ahead];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(random);
            _left = Ahead;
        }

        _left -= RandomBytes;
        Span<byte> id = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(id, time.ToUnixTimeMilliseconds() << 16);
        random.AsSpan(_left, RandomBytes).CopyTo(id[TimeBytes..]);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
