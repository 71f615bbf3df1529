using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>One request on its way to a backend and back, with as many attempts as it may have.</summary>
internal sealed class Exchange(HttpContext context, BackendLease lease, RelayTarget target, RelayDecision decision, TimeProvider time)
{
    // As long as the usual clients wait themselves before they send a body unasked.
    private static readonly TimeSpan ContinueWait = TimeSpan.FromSeconds(3);

    private readonly TimeSpan _firstByte = TimeSpan.FromSeconds(lease.Backend.Options.FirstByteSeconds);
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(lease.Backend.Options.IdleSeconds);
    private readonly UploadFraming _framing = RequestHead.FramingOf(context);
    private Upload? _upload;
    private Task<bool>? _uploading;
    private int _attempts;

    /// <summary>Attempts beyond the first.</summary>
    public int Retries => _attempts - 1;

    /// <summary>Whether the answer's head was handed over: from then on only a broken connection can say that something failed.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>The client's body could not be read; null while it could.</summary>
    public Exception? ClientFault => _upload?.ClientFault;

    /// <summary>Whether the deadline passed while the client was to send.</summary>
    public bool AwaitedClient { get; private set; }

    private bool MayRepeat => _upload is null && context.Request.Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE";

    /// <summary>Relays the request and its answer.</summary>
    /// <exception cref="BackendException">The last attempt failed.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task RunAsync()
    {
        var gone = ClientLine.GoneOf(context);
        var isStale = false;
        while (true)
        {
            var pool = lease.Destination.Pool;
            var connection = isStale ? null : pool.TryTake();
            try
            {
                _attempts++;
                connection ??= await pool.OpenAsync(gone).ConfigureAwait(false);
                await UseAsync(pool, connection, gone).ConfigureAwait(false);
                return;
            }
            catch (BackendException failure) when (failure.Phase is BackendPhase.Connect or BackendPhase.Tls)
            {
                lease.Destination.Health.ConnectFailed();
                if (!lease.TryMoveOn())
                {
                    throw;
                }
            }
            catch (BackendException failure) when (failure.BeforeAnswer && MayRepeat && gone.IsCancellationRequested is false)
            {
                // One that was idle may have been closed while the request was on its way: that says nothing of the address.
                isStale = connection!.IsReused && !isStale;
                if (!isStale && !lease.TryMoveOn())
                {
                    throw;
                }
            }
        }
    }

    private async Task UseAsync(ConnectionPool pool, BackendConnection connection, CancellationToken gone)
    {
        var reusable = false;
        var registration = gone.UnsafeRegister(static state => ((BackendConnection)state!).Abort(Cut.ClientGone), connection);
        try
        {
            await SendAsync(connection).ConfigureAwait(false);
            await AwaitAnswerAsync(connection).ConfigureAwait(false);
            lease.Destination.Health.Answered();
            HasAnswer = true;
            AnswerHead.Apply(context.Response, connection.Head);
            await new Download(context, connection, _idle).RunAsync(connection.Head).ConfigureAwait(false);
            reusable = connection.Head.KeepsAlive && connection.Buffered.IsEmpty && !connection.MayHoldMore && (_uploading is null ? _framing == UploadFraming.None : _uploading is { IsCompletedSuccessfully: true, Result: true });
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or BackendException)
        {
            AwaitedClient = _upload is { AwaitsClient: true };
            throw Explain(exception, connection);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            await EndUploadAsync(connection).ConfigureAwait(false);
            if (reusable)
            {
                pool.Return(connection);
            }
            else
            {
                pool.Discard(connection);
            }
        }
    }

    private async ValueTask SendAsync(BackendConnection connection)
    {
        connection.Arm(_firstByte);
        using (var head = new HeadBuffer())
        {
            RequestHead.Write(head, context, lease.Destination, target, decision, _framing);
            head.Add("\r\n"u8);
            await connection.SendAsync(head.Written).ConfigureAwait(false);
        }

        if (_framing != UploadFraming.None && !RequestHead.ExpectsContinue(context.Request.Headers.Expect))
        {
            StartUpload(connection);
        }
    }

    private void StartUpload(BackendConnection connection)
    {
        _upload = new Upload(context.Request.BodyReader, connection, _idle, _firstByte, _framing == UploadFraming.Chunked);
        _uploading = _upload.RunAsync();
    }

    private async ValueTask AwaitAnswerAsync(BackendConnection connection)
    {
        var isHead = HttpMethods.IsHead(context.Request.Method);
        do
        {
            if (_framing != UploadFraming.None && _upload is null && ResponseHead.EndOf(connection.Buffered) == 0)
            {
                await ReceiveOrGoAheadAsync(connection).ConfigureAwait(false);
            }

            await connection.ReadHeadAsync(isHead).ConfigureAwait(false);
            if (connection.Head.Status == StatusCodes.Status101SwitchingProtocols)
            {
                throw new BackendException(BackendPhase.Head, "It switched protocols unasked.");
            }

            if (connection.Head.Status == StatusCodes.Status100Continue && _framing != UploadFraming.None && _upload is null)
            {
                StartUpload(connection);
            }
        }
        while (connection.Head.Status < StatusCodes.Status200OK);
    }

    /// <summary>The client waits for its 100; a backend that knows nothing of that waits for the body. After a while the body goes.</summary>
    private async ValueTask ReceiveOrGoAheadAsync(BackendConnection connection)
    {
        var receiving = connection.FillAsync(ResponseHead.MaxBytes).AsTask();
        using var patience = new CancellationTokenSource();
        if (await Task.WhenAny(receiving, Task.Delay(ContinueWait, time, patience.Token)).ConfigureAwait(false) != receiving)
        {
            StartUpload(connection);
        }

        await patience.CancelAsync().ConfigureAwait(false);
        await receiving.ConfigureAwait(false);
    }

    private async ValueTask EndUploadAsync(BackendConnection connection)
    {
        if (_uploading is { IsCompleted: false })
        {
            connection.Abort(Cut.Discarded);
            _upload!.Stop();
        }

        if (_uploading is not null)
        {
            await ((Task)_uploading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Exception Explain(Exception exception, BackendConnection connection)
    {
        if (connection.Cut == Cut.ClientGone)
        {
            return new OperationCanceledException("The client left.", exception);
        }

        var phase = HasAnswer ? BackendPhase.Body : _uploading is { IsCompleted: false } or { IsCompletedSuccessfully: true, Result: false } ? BackendPhase.Send : BackendPhase.Head;
        return connection.Cut == Cut.TimedOut
            ? new BackendException(phase, "It took too long.", exception) { TimedOut = true }
            : exception as BackendException
            ?? new BackendException(phase, exception.Message, exception) { BeforeAnswer = !HasAnswer && connection.Buffered.IsEmpty };
    }
}
