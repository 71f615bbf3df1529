using System.Buffers;

namespace Causeway.Streams;

/// <summary>One open stream: goes from place to place, with the others' events where it is not behind and by its own reading where it is. Never skips and never repeats a line.</summary>
internal sealed class Reader(FileStreamEntry entry, ReaderOutput output, TimeProvider time, Place place) : IDisposable
{
    // The tail's tick comes within a second and a quarter, so that the comment is out every 15 s.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(13.75);

    /// <summary>After a file that did not come, and after a source that failed.</summary>
    private static readonly TimeSpan LongRetry = TimeSpan.FromSeconds(30);

    private readonly StreamSourceOptions _options = entry.Source.Options;
    private LineScanner? _scanner;
    private ArrayBufferWriter<byte>? _events;
    private Place _place = place;
    private long? _noFileSince;

    /// <summary>Where it is.</summary>
    public Place Place => _place;

    /// <summary>Reads until the source ends, the file does not come, the reader leaves or the service stops.</summary>
    /// <param name="refusal">Why the reader's id could not be used; null where it brought none, or a good one.</param>
    /// <param name="stop">Cancelled when the reader is gone or the drain begins.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled, or the reader was cut.</exception>
    public async Task RunAsync(string? refusal, CancellationToken stop)
    {
        await output.SendGreetingAsync().ConfigureAwait(false);
        if (refusal is not null)
        {
            await output.SendAsync("reset", null, json => json.WriteString("reason", refusal)).ConfigureAwait(false);
        }

        if (_place.Content is not null)
        {
            await TellFollowingAsync().ConfigureAwait(false);
        }

        while (await StepAsync(stop).ConfigureAwait(false))
        {
            stop.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => ReleaseBuffers();

    private async Task<bool> StepAsync(CancellationToken stop)
    {
        var before = _place.Content;
        var glance = entry.Tail.Look(ref _place);
        switch (glance.Sight)
        {
            case Sight.Live:
                ReleaseBuffers();
                await output.SendAsync(glance.Batch!.Events, glance.Batch.Lines).ConfigureAwait(false);
                _place = _place with { Offset = glance.Batch.To };
                return true;
            case Sight.Behind:
                return await ReadFileAsync(glance, stop).ConfigureAwait(false);
            case Sight.Passed:
                await TellPassedAsync(before!, glance.Missed).ConfigureAwait(false);
                _noFileSince = null;
                return true;
            case Sight.Began:
                _noFileSince = null;
                await TellFollowingAsync().ConfigureAwait(false);
                return true;
            case Sight.Ended:
                await TellEndAsync().ConfigureAwait(false);
                return false;
            case Sight.Failed:
                await output.SendRetryAsync(ReaderOutput.Jittered(LongRetry)).ConfigureAwait(false);
                return false;
            case Sight.NoFile:
                return await WaitForFileAsync(glance, stop).ConfigureAwait(false);
            default:
                ReleaseBuffers();
                if (_noFileSince is not null)
                {
                    _noFileSince = null;
                    await TellFollowingAsync().ConfigureAwait(false);
                }

                await WaitAsync(glance, stop).ConfigureAwait(false);
                return true;
        }
    }

    /// <summary>Only who is behind needs any.</summary>
    private void ReleaseBuffers()
    {
        _scanner?.Dispose();
        (_scanner, _events) = (null, null);
    }

    private async Task<bool> ReadFileAsync(Glance glance, CancellationToken stop)
    {
        var content = _place.Content!;
        _scanner ??= new LineScanner(_options);
        _events ??= new ArrayBufferWriter<byte>();
        _events.ResetWrittenCount();
        var scan = _scanner.Read(content, _place.Offset, glance.Mark!.Complete, _events);
        if (scan.Offset == _place.Offset || !content.IsIntact(glance.Mark))
        {
            entry.Tail.Suspect(content);
            await WaitAsync(glance, stop).ConfigureAwait(false);
            return true;
        }

        await output.SendAsync(_events.WrittenMemory, scan.Lines).ConfigureAwait(false);
        _place = _place with { Offset = scan.Offset };
        if (scan.IsTerminal)
        {
            await TellEndAsync().ConfigureAwait(false);
        }

        return !scan.IsTerminal;
    }

    private async Task<bool> WaitForFileAsync(Glance glance, CancellationToken stop)
    {
        if (_noFileSince is null)
        {
            _noFileSince = time.GetTimestamp();
            await output.SendAsync("waiting", null, json => json.WriteNumber("seconds", _options.WaitSeconds)).ConfigureAwait(false);
        }

        if (time.GetElapsedTime(_noFileSince.Value).TotalSeconds >= _options.WaitSeconds)
        {
            await output.SendRetryAsync(ReaderOutput.Jittered(LongRetry)).ConfigureAwait(false);
            await output.SendAsync("timeout", null, json => json.WriteNumber("seconds", _options.WaitSeconds)).ConfigureAwait(false);
            return false;
        }

        await WaitAsync(glance, stop).ConfigureAwait(false);
        return true;
    }

    private async Task WaitAsync(Glance glance, CancellationToken stop)
    {
        await glance.Changed.WaitAsync(stop).ConfigureAwait(false);
        if (time.GetElapsedTime(output.LastWriteAt) >= Heartbeat)
        {
            await output.SendCommentAsync().ConfigureAwait(false);
        }
    }

    private Task TellPassedAsync(Generation before, long missed)
    {
        var isRotated = before.Ending == Ending.Rotated;
        return output.SendAsync(isRotated ? "rotated" : "truncated", null, json =>
        {
            json.WriteNumber("missed_bytes", missed);
            if (isRotated)
            {
                json.WriteNumber("incomplete_bytes", before.Unfinished);
            }
        });
    }

    private Task TellFollowingAsync()
    {
        var offset = _place.Offset;
        return output.SendAsync("following", IdAt(_place), json => json.WriteNumber("offset", offset));
    }

    private Task TellEndAsync()
    {
        var offset = _place.Offset;
        return output.SendAsync("end", IdAt(_place), json => json.WriteNumber("offset", offset));
    }

    private static EventId? IdAt(Place place) =>
        place is { Content: { Identity: { } identity } content, Offset: > 0 } && EventId.CheckAt(content, place.Offset) is { } check
            ? new EventId(identity, place.Offset, check)
            : null;
}
