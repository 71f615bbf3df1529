using System.Buffers;
using System.IO.Compression;

namespace Causeway.WebSockets;

/// <summary>Undoes permessage-deflate for one message that stands for itself. RFC 7692 §7.2.2.</summary>
internal static class Inflation
{
    private const int SmallestGuess = 512;
    private const int UsualRatio = 4;

    /// <summary>Inflates a message, never keeping more than the limit whatever its data claims.</summary>
    /// <param name="payload">The message's bytes on the wire, fragments joined.</param>
    /// <param name="maxBytes">The most bytes it may have.</param>
    /// <param name="rented">The message, in an array of the shared pool that is the caller's now.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Null, or why it can't be read.</returns>
    public static WebSocketFailure? TryInflate(ReadOnlyMemory<byte> payload, int maxBytes, out byte[]? rented, out int length)
    {
        length = 0;
        rented = null;
        using var source = new WireStream(payload);
        using var inflater = new DeflateStream(source, CompressionMode.Decompress);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(SmallestGuess, (long)payload.Length * UsualRatio), maxBytes));
        try
        {
            while (true)
            {
                var room = Math.Min(buffer.Length, maxBytes) - length;
                if (room == 0 && length < maxBytes)
                {
                    var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, maxBytes));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                    continue;
                }

                if (room == 0)
                {
                    Span<byte> oneMore = stackalloc byte[1];
                    if (inflater.Read(oneMore) > 0)
                    {
                        return Failures.TooBig;
                    }

                    break;
                }

                var read = inflater.Read(buffer, length, room);
                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            if (source.WasOverrun)
            {
                return Failures.NotDeflate;
            }

            (rented, buffer) = (buffer, null);
            return null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return Failures.NotDeflate;
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>The payload, then the four bytes that the sender cut off, then an empty last block: sound data ends there, and an inflater that still wants more was given a torso.</summary>
    private sealed class WireStream(ReadOnlyMemory<byte> payload) : Stream
    {
        private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF, 0x03, 0x00];

        private ReadOnlyMemory<byte> _rest = payload;
        private bool _inTail;

        public bool WasOverrun { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (_rest.IsEmpty && !_inTail)
            {
                (_rest, _inTail) = (Tail, true);
            }

            var count = Math.Min(buffer.Length, _rest.Length);
            _rest.Span[..count].CopyTo(buffer);
            _rest = _rest[count..];
            WasOverrun |= count == 0;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
