using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>Writes to one reader: in pieces, waiting while its line is full, but not for ever.</summary>
[SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Jitter keeps no secret.")]
internal sealed class ReaderOutput(HttpContext context, string stream, StreamDrain drain, TimeProvider time, StreamsMetrics metrics, ILogger logger)
{
    /// <summary>A reader that takes not one piece in this time is gone.</summary>
    public static readonly TimeSpan StuckLimit = TimeSpan.FromSeconds(60);

    private const int Piece = 65_536;
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>Whether the line was broken off, here or by the reader.</summary>
    public bool IsCut { get; private set; }

    /// <summary>When bytes last went out.</summary>
    public long LastWriteAt { get; private set; } = time.GetTimestamp();

    /// <summary>A reconnection time from <paramref name="least"/> on, different for each reader.</summary>
    public static TimeSpan Jittered(TimeSpan least) => least + TimeSpan.FromMilliseconds(250 + (Random.Shared.NextDouble() * 1750));

    /// <summary>Sends events as they are.</summary>
    /// <exception cref="OperationCanceledException">The reader is gone, stuck, or the drain began.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> events, int lines)
    {
        for (var rest = events; !rest.IsEmpty; rest = rest[Math.Min(Piece, rest.Length)..])
        {
            await WriteAsync(rest[..Math.Min(Piece, rest.Length)]).ConfigureAwait(false);
        }

        metrics.CountSent(lines, events.Length);
    }

    /// <summary>Sends an event of the stream itself.</summary>
    public Task SendAsync(string type, EventId? id, Action<Utf8JsonWriter> fields)
    {
        EventText.Write(_buffer, type, id, fields);
        return FlushAsync();
    }

    public Task SendCommentAsync()
    {
        _buffer.Write(EventText.Comment);
        return FlushAsync();
    }

    /// <summary>Says when to come back, and that the line is alive.</summary>
    public Task SendGreetingAsync()
    {
        EventText.WriteRetry(_buffer, Jittered(TimeSpan.Zero));
        _buffer.Write(EventText.Comment);
        return FlushAsync();
    }

    public Task SendRetryAsync(TimeSpan after)
    {
        EventText.WriteRetry(_buffer, after);
        return FlushAsync();
    }

    /// <summary>The last words of a stream that the service ends by stopping.</summary>
    public async Task SendFarewellAsync()
    {
        var after = Jittered(drain.Left());
        _buffer.ResetWrittenCount();
        EventText.WriteRetry(_buffer, after);
        EventText.Write(_buffer, "shutdown", null, json => json.WriteNumber("after_ms", (long)after.TotalMilliseconds));
        try
        {
            await context.Response.Body.WriteAsync(_buffer.WrittenMemory, context.RequestAborted).AsTask()
                .WaitAsync(DrainGrace, time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or TimeoutException or IOException)
        {
            context.Abort();
        }
    }

    private async Task FlushAsync()
    {
        try
        {
            await WriteAsync(_buffer.WrittenMemory).ConfigureAwait(false);
        }
        finally
        {
            _buffer.ResetWrittenCount();
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var write = context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        if (write.IsCompletedSuccessfully)
        {
            await write.ConfigureAwait(false);
        }
        else
        {
            await WaitAsync(write.AsTask()).ConfigureAwait(false);
        }

        LastWriteAt = time.GetTimestamp();
    }

    private async Task WaitAsync(Task write)
    {
        try
        {
            await write.WaitAsync(StuckLimit, time, drain.Draining).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (drain.Draining.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // A full line must not delay the end of the service.
            await write.WaitAsync(DrainGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!write.IsCompletedSuccessfully)
            {
                Cut(write);
            }

            throw;
        }
        catch (TimeoutException)
        {
            logger.ReaderStuck(stream, StuckLimit.TotalSeconds);
            Cut(write);
            throw new OperationCanceledException();
        }
        catch (IOException)
        {
            IsCut = true;
            throw new OperationCanceledException();
        }
    }

    private void Cut(Task write)
    {
        _ = write.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        IsCut = true;
        context.Abort();
    }
}
