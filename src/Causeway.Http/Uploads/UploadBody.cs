using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>A request's body as it comes, hashed where a digest is expected of it, and given up where the client takes too long.</summary>
internal sealed class UploadBody(HttpContext context, UploadLimits limits, ContentDigests digests, TimeProvider time) : ForwardStream
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _patience = new(Timeout.InfiniteTimeSpan, time);
    private readonly long _started = time.GetTimestamp();
    private TimeSpan _waited;
    private long _bytes;

    /// <exception cref="ApiErrorException">The client takes too long: 408.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = limits.MaxTime - time.GetElapsedTime(_started);
        var isLast = left <= limits.MaxSilence;
        if (left <= TimeSpan.Zero)
        {
            throw TooLong();
        }

        var started = time.GetTimestamp();
        int read;
        _patience.CancelAfter(isLast ? left : limits.MaxSilence);

        // A client that leaves ends the read by itself; cancelled besides, the server could not put the body away.
        var registration = cancellationToken == context.RequestAborted
            ? default
            : cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _patience);
        await using (registration.ConfigureAwait(false))
        {
            try
            {
                read = await context.Request.Body.ReadAsync(buffer, _patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                throw isLast ? TooLong() : TooSlow($"Nothing came for {limits.MaxSilence.TotalSeconds:0} s.");
            }
        }

        _patience.CancelAfter(Timeout.InfiniteTimeSpan);
        _waited += time.GetElapsedTime(started);
        _bytes += read;
        if (read > 0 && _waited > Grace && _bytes < limits.MinBytesPerSecond * _waited.TotalSeconds)
        {
            throw TooSlow($"An upload must come with {limits.MinBytesPerSecond} bytes per second.");
        }

        if (digests.Any)
        {
            digests.Append(buffer.Span[..read]);
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _patience.Dispose();
        }

        base.Dispose(disposing);
    }

    private ApiErrorException TooLong() => TooSlow($"An upload may last {limits.MaxTime.TotalSeconds:0} s.");

    private static ApiErrorException TooSlow(string message) =>
        new(new ApiError(ErrorCode.Timeout, message) { Status = StatusCodes.Status408RequestTimeout });
}
