using System.Globalization;
using System.Text;
using System.Text.Json;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Relay;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>
/// Follows what a backend's process prints: an event <c>line</c> each, with an id to come back with. A reader that comes back to lines that are gone
/// gets <c>reset</c> first. The stream ends with the drain.
/// </summary>
internal static class FollowOutput
{
    private const int Batch = 100;
    private const int FirstLines = 200;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static async Task HandleAsync(HttpContext context, string name, RelayBackends backends, DrainState drain, TimeProvider time, IOptions<JsonOptions> json)
    {
        if (backends.OutputOf(name) is not { } output)
        {
            await ErrorWriter.WriteAsync(context, BackendRefusals.Of(name, backends));
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Draining);
        var stream = new Follower(context.Response, output, time, json.Value.SerializerOptions);
        try
        {
            await stream.BeginAsync(context.Request.Headers["Last-Event-ID"].FirstOrDefault(), stop.Token);
            while (true)
            {
                await stream.SendNewAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader or the service goes.
        }

        if (drain.IsDraining && !context.RequestAborted.IsCancellationRequested)
        {
            await stream.SayGoodbyeAsync(drain.Remaining, context.RequestAborted);
        }
    }

    private sealed class Follower(HttpResponse response, BackendOutput output, TimeProvider time, JsonSerializerOptions format)
    {
        private long _last;

        /// <summary>Opens the stream at once, whether or not there is a line.</summary>
        public async Task BeginAsync(string? lastEventId, CancellationToken stop)
        {
            response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            _last = Math.Max(0, output.Newest - FirstLines);
            var isKnown = TryRead(lastEventId, out var after);
            if (isKnown)
            {
                _last = after;
            }

            var reset = lastEventId is { Length: > 0 } && (!isKnown || after + 1 < output.Oldest) ? $"event: reset\ndata: {{\"epoch\":\"{output.Epoch}\"}}\n\n" : "";
            await WriteAsync(": hello\n\n" + reset, stop);
        }

        /// <summary>Sends what is new, or a heartbeat when nothing is for its time.</summary>
        public async Task SendNewAsync(CancellationToken stop)
        {
            var lines = output.ReadAfter(_last, Batch);
            if (lines.Count == 0)
            {
                try
                {
                    await output.WaitAsync(_last, stop).WaitAsync(Heartbeat, time, stop);
                }
                catch (TimeoutException)
                {
                    await WriteAsync(": heartbeat\n\n", stop);
                }

                return;
            }

            var text = new StringBuilder();
            foreach (var line in lines)
            {
                text.Append(CultureInfo.InvariantCulture, $"id: {output.Epoch}-{line.Offset}\nevent: line\ndata: ")
                    .Append(JsonSerializer.Serialize(ReadOutput.Line.From(line), format))
                    .Append("\n\n");
            }

            _last = lines[^1].Offset;
            await WriteAsync(text.ToString(), stop);
        }

        /// <summary>Tells the reader when to come back.</summary>
        public Task SayGoodbyeAsync(TimeSpan left, CancellationToken aborted) =>
            WriteAsync(string.Create(CultureInfo.InvariantCulture, $"retry: {Come(left)}\nevent: shutdown\ndata: {{\"after_ms\":{Come(left)}}}\n\n"), aborted);

        private static long Come(TimeSpan left) => (long)left.TotalMilliseconds + 1_000;

        private bool TryRead(string? id, out long after)
        {
            after = 0;
            return id?.Split('-') is [var epoch, var offset]
                && epoch == output.Epoch
                && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out after)
                && after <= output.Newest;
        }

        private async Task WriteAsync(string text, CancellationToken stop)
        {
            await response.WriteAsync(text, stop);
            await response.Body.FlushAsync(stop);
        }
    }
}
