using System.Text.Json.Nodes;
using Causeway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>Serves a stream as Server-Sent Events (WHATWG HTML §9.2): finds the place where the reader goes on, then reads with it.</summary>
internal sealed class StreamEventsEndpoint(FileStreams streams, StreamDrain drain, StreamsMetrics metrics, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly ApiError NotFound = new(ErrorCode.NotFound, "There is no stream of this name.");

    private static readonly ApiError Full = new(ErrorCode.RateLimited, "As many streams are open as may be.") { RetryAfter = TimeSpan.FromSeconds(30) };

    private readonly ILogger _logger = loggers.CreateLogger("Causeway.Streams");

    public async Task HandleAsync(HttpContext context, string name, string? from, string? lastEventId)
    {
        if (streams.Entry(name) is not { } entry)
        {
            await ErrorWriter.WriteAsync(context, NotFound).ConfigureAwait(false);
            return;
        }

        if (ReadStart(from, entry.Source.Options.From) is not { } start)
        {
            await ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.ValidationError, "The parameter 'from' must be start or end.")
            {
                Details = new JsonObject { ["fields"] = new JsonObject { ["from"] = "must be start or end" } },
            }).ConfigureAwait(false);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Draining);
        var output = new ReaderOutput(context, entry.Source.Name, drain, time, metrics, _logger);

        // A native EventSource never comes back from an error, so a drain answers 200 and says when to.
        if (drain.Draining.IsCancellationRequested)
        {
            await StartResponseAsync(context).ConfigureAwait(false);
            await output.SendFarewellAsync().ConfigureAwait(false);
            return;
        }

        if (!streams.TryTakePlace())
        {
            await ErrorWriter.WriteAsync(context, Full).ConfigureAwait(false);
            return;
        }

        try
        {
            // The header is newer: it is what an EventSource adds when it comes back to the same address.
            var id = context.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? lastEventId;
            await ReadAsync(context, entry, new Wish(start, string.IsNullOrEmpty(id) ? null : id), output, stop.Token).ConfigureAwait(false);
        }
        finally
        {
            streams.LeavePlace();
        }
    }

    private async Task ReadAsync(HttpContext context, FileStreamEntry entry, Wish wish, ReaderOutput output, CancellationToken stop)
    {
        Place place = default;
        var hasJoined = false;
        try
        {
            await entry.Tail.JoinAsync(stop).ConfigureAwait(false);
            hasJoined = true;
            string? refusal = null;
            if (wish.LastEventId is { } text)
            {
                var known = EventId.TryParse(text, out var id) ? entry.Tail.Resume(id, out refusal) : null;
                refusal ??= known is null ? "unreadable" : null;
                place = known ?? entry.Tail.Begin(wish.Start);

                // What is complete stays closed: 204 is the one answer that a native EventSource doesn't come back from.
                if (refusal is null && entry.Tail.IsEnd(place))
                {
                    context.Response.StatusCode = StatusCodes.Status204NoContent;
                    return;
                }
            }
            else
            {
                place = entry.Tail.Begin(wish.Start);
            }

            if (refusal is not null)
            {
                metrics.CountReset();
                _logger.ReaderReset(entry.Source.Name, refusal);
            }

            await StartResponseAsync(context).ConfigureAwait(false);
            using var reader = new Reader(entry, output, time, place);
            try
            {
                await reader.RunAsync(refusal, stop).ConfigureAwait(false);
            }
            finally
            {
                place = reader.Place;
            }
        }
        catch (OperationCanceledException)
        {
            if (!output.IsCut && drain.Draining.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                if (!context.Response.HasStarted)
                {
                    await StartResponseAsync(context).ConfigureAwait(false);
                }

                await output.SendFarewellAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            if (hasJoined)
            {
                entry.Tail.Leave(place);
            }
        }
    }

    private static StreamStart? ReadStart(string? from, StreamStart otherwise) => from switch
    {
        null or "" => otherwise,
        "start" => StreamStart.Start,
        "end" => StreamStart.End,
        _ => null,
    };

    private static async Task StartResponseAsync(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // A slow reader is no attack here: what it is behind stays in the file.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Where a reader wants to begin.</summary>
    /// <param name="Start">Without a usable id.</param>
    /// <param name="LastEventId">After this one; null for a new reader.</param>
    private readonly record struct Wish(StreamStart Start, string? LastEventId);
}
