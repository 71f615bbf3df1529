using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Streams an answer's body to the client as it comes: nothing is kept while the backend pauses, and nothing more is read than the client takes.</summary>
internal readonly struct Download(HttpContext context, BackendConnection connection, TimeSpan idle)
{
    private const int MaxLineBytes = 8_192;
    private const int MaxTrailers = 100;

    // From here on the backend's bytes go straight into the client's buffers; below, head and body mostly come as one anyway.
    private const int StraightFrom = 16_384;
    private const int MaxStraight = 65_536;

    private readonly PipeWriter _writer = context.Response.BodyWriter;

    /// <summary>Streams the whole body.</summary>
    /// <exception cref="BackendException">The backend ended or broke before the body did.</exception>
    public Task RunAsync(ResponseHead head)
    {
        switch (head.Framing)
        {
            case BodyFraming.Length when head.ContentLength <= connection.Buffered.Length:
                // The common case: all of it came with the head, and leaves with it.
                var length = (int)head.ContentLength;
                Write(connection.Buffered[..length]);
                connection.Consume(length);
                return Task.CompletedTask;
            case BodyFraming.Length:
                return LengthAsync(head.ContentLength);
            case BodyFraming.Chunked:
                return ChunksAsync();
            case BodyFraming.UntilClose:
                return UntilCloseAsync();
            default:
                return Task.CompletedTask;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var span = _writer.GetSpan();
            var count = Math.Min(span.Length, bytes.Length);
            bytes[..count].CopyTo(span);
            _writer.Advance(count);
            bytes = bytes[count..];
        }
    }

    private async Task CopyAsync(long remaining)
    {
        while (remaining > 0)
        {
            if (connection.Buffered.Length == 0)
            {
                await FlushAsync().ConfigureAwait(false);
                if (remaining >= StraightFrom)
                {
                    remaining -= await StraightAsync(remaining).ConfigureAwait(false);
                    continue;
                }

                await FillAsync().ConfigureAwait(false);
            }

            var count = (int)Math.Min(remaining, connection.Buffered.Length);
            Write(connection.Buffered[..count]);
            connection.Consume(count);
            remaining -= count;
        }
    }

    private async Task LengthAsync(long length)
    {
        await CopyAsync(length).ConfigureAwait(false);

        // The server flushes a body by itself only where nothing of it was flushed before.
        await FlushAsync().ConfigureAwait(false);
    }

    private async Task ChunksAsync()
    {
        while (true)
        {
            var size = ReadSize(await LineAsync().ConfigureAwait(false));
            if (size == 0)
            {
                await TrailersAsync().ConfigureAwait(false);
                return;
            }

            await CopyAsync(size).ConfigureAwait(false);
            if ((await LineAsync().ConfigureAwait(false)).Length != 0)
            {
                throw Malformed("a chunk is longer than it says");
            }
        }
    }

    private async Task UntilCloseAsync()
    {
        while (true)
        {
            if (connection.Buffered.Length > 0)
            {
                var count = connection.Buffered.Length;
                Write(connection.Buffered);
                connection.Consume(count);
            }

            await FlushAsync().ConfigureAwait(false);
            connection.Arm(idle);
            if (await connection.FillAsync().ConfigureAwait(false) == 0)
            {
                return;
            }
        }
    }

    /// <summary>Receives into the client's own buffer. Under TLS the last byte is left, so that what a backend sends beyond its body comes to light with it.</summary>
    private async ValueTask<int> StraightAsync(long remaining)
    {
        if (connection.TlsStream is not null)
        {
            remaining--;
        }

        var memory = _writer.GetMemory((int)Math.Min(remaining, MaxStraight));
        connection.Arm(idle);
        var received = await connection.ReceiveAsync(memory.Length > remaining ? memory[..(int)remaining] : memory).ConfigureAwait(false);
        _writer.Advance(received);
        return received > 0 ? received : throw Truncated();
    }

    private async ValueTask FillAsync()
    {
        connection.Arm(idle);
        if (await connection.FillAsync(ResponseHead.MaxBytes).ConfigureAwait(false) == 0)
        {
            throw Truncated();
        }
    }

    private async ValueTask FlushAsync()
    {
        connection.Arm(idle);
        await _writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    // A line without its end; what it holds stays valid until the next read.
    private async ValueTask<string> LineAsync()
    {
        while (true)
        {
            var end = connection.Buffered.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = connection.Buffered[..end];
                if (!line.EndsWith("\r"u8) || line[..^1].Contains((byte)'\r'))
                {
                    throw Malformed("a line of its chunked body does not end as it should");
                }

                var text = end == 1 ? "" : Encoding.Latin1.GetString(line[..^1]);
                connection.Consume(end + 1);
                return text;
            }

            if (connection.Buffered.Length > MaxLineBytes)
            {
                throw Malformed("a line of its chunked body has no end");
            }

            // Whatever came before goes out first: the pause may be long.
            await FlushAsync().ConfigureAwait(false);
            await FillAsync().ConfigureAwait(false);
        }
    }

    private static long ReadSize(string line)
    {
        var digits = line.AsSpan();
        var extension = digits.IndexOf(';');
        digits = (extension < 0 ? digits : digits[..extension]).TrimEnd(" \t");
        Span<byte> ascii = stackalloc byte[16];
        return digits.Length is > 0 and <= 15
            && Encoding.ASCII.TryGetBytes(digits, ascii, out var count)
            && Utf8Parser.TryParse(ascii[..count], out long size, out var used, 'x')
            && used == count
            && size >= 0
                ? size
                : throw Malformed("a chunk has no size");
    }

    private async ValueTask TrailersAsync()
    {
        var takes = context.Response.SupportsTrailers();
        for (var i = 0; await LineAsync().ConfigureAwait(false) is { Length: > 0 } line; i++)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (i == MaxTrailers || colon <= 0)
            {
                throw Malformed("its trailers are too many, or no headers");
            }

            var name = line[..colon];
            var value = line[(colon + 1)..].Trim(' ', '\t');
            if (takes && HeaderRules.OfResponse(name) == HeaderRule.Pass && IsField(name, value))
            {
                context.Response.AppendTrailer(name, value);
            }
        }
    }

    private static bool IsField(string name, string value) =>
        !Encoding.Latin1.GetBytes(name).AsSpan().ContainsAnyExcept(HeaderRules.Token) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static BackendException Truncated() => new(BackendPhase.Body, "It ended before the body did.");

    private static BackendException Malformed(string what) => new(BackendPhase.Body, $"Its answer can't be read: {what}.");
}
