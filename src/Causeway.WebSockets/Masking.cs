using System.Numerics;
using System.Runtime.InteropServices;

namespace Causeway.WebSockets;

/// <summary>The client's mask. RFC 6455 §5.3.</summary>
internal static class Masking
{
    public const int KeyLength = 4;

    /// <summary>Applies the four-byte key to the whole payload, in place; its own inverse.</summary>
    public static void Apply(Span<byte> payload, ReadOnlySpan<byte> key)
    {
        // In the machine's own byte order, so that repeating the integer repeats the bytes.
        var word = MemoryMarshal.Read<uint>(key);
        if (word == 0)
        {
            return;
        }

        if (payload.Length >= Vector<byte>.Count)
        {
            var mask = Vector.AsVectorByte(new Vector<uint>(word));
            var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(payload);
            for (var i = 0; i < vectors.Length; i++)
            {
                vectors[i] ^= mask;
            }

            payload = payload[(vectors.Length * Vector<byte>.Count)..];   // a multiple of four: the key starts anew
        }

        var words = MemoryMarshal.Cast<byte, uint>(payload);
        for (var i = 0; i < words.Length; i++)
        {
            words[i] ^= word;
        }

        for (var i = words.Length * KeyLength; i < payload.Length; i++)
        {
            payload[i] ^= key[i % KeyLength];
        }
    }
}
