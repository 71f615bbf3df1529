using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>A client's WebSocket and the backend's, joined: two lanes that end together.</summary>
internal sealed class RelayedWebSocket
{
    private const ushort GoingAway = 1001;

    /// <summary>What one direction still has once the other has ended.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly RelayedWebSockets _all;
    private readonly Inlet _fromClient;
    private readonly Outlet _client;
    private readonly Outlet _backend;
    private readonly Lane _toBackend;
    private readonly Lane _toClient;
    private readonly TimeSpan _idle;
    private long _lastActive;
    private long _lingersUntil;

    public RelayedWebSocket(RelayedWebSockets all, Inlet fromClient, Outlet client, BackendLine backend, bool hasExtensions, TimeSpan idle)
    {
        _all = all;
        _fromClient = fromClient;
        _client = client;
        _backend = backend.Outlet;
        _idle = idle;
        _toBackend = new Lane(this, fromClient, _backend, new FrameTracker(expectMasked: true, hasExtensions));
        _toClient = new Lane(this, backend.Inlet, client, new FrameTracker(expectMasked: false, hasExtensions));
        Touch();
    }

    /// <summary>The clock of all lanes, in milliseconds; it moves in steps.</summary>
    public long Now => _all.Now;

    /// <summary>Carries both ways until both have ended; <see cref="RelayedWebSockets.Add"/> comes before.</summary>
    public async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(_toBackend.RunAsync(untilClose: true), _toClient.RunAsync(untilClose: false)).ConfigureAwait(false);
        }
        finally
        {
            _all.Remove(this);
        }
    }

    /// <summary>Ends the conversation: each side gets a close frame where its frame under way ends, and has a few seconds to answer.</summary>
    /// <param name="clientCode">For the client.</param>
    /// <param name="backendCode">For the backend, from which the relay goes away as a client.</param>
    /// <param name="reason">For people.</param>
    /// <returns>False where the client was told already.</returns>
    public bool Close(ushort clientCode, ushort backendCode, string reason)
    {
        var tellsClient = _toClient.Close(FrameBuilder.BuildClose(clientCode, reason));
        _toBackend.Close(FrameBuilder.BuildMaskedClose(backendCode, reason));
        StartToLinger();
        return tellsClient;
    }

    /// <summary>Looks at the clock: for what is silent, stuck, or lingers for too long.</summary>
    public void Check()
    {
        var now = Now;
        var until = Volatile.Read(ref _lingersUntil);
        var idleMs = (long)_idle.TotalMilliseconds;
        if (until != 0 && now >= until)
        {
            Abort();
        }
        else if (IsStuck(_toClient) || IsStuck(_toBackend))
        {
            _all.Logger.RelayedWebSocketStuck(_idle.TotalSeconds);
            Abort();
        }
        else if (until == 0 && now - Volatile.Read(ref _lastActive) >= idleMs)
        {
            _all.Logger.RelayedWebSocketIdle(_idle.TotalSeconds);
            Close(GoingAway, GoingAway, "idle for too long");
        }

        bool IsStuck(Lane lane) => lane.StuckSince is var since and not 0 && now - since >= idleMs;
    }

    /// <summary>Ends both lines at once.</summary>
    public void Abort()
    {
        _backend.Reset();
        if (_toClient.HasSentClose)
        {
            // It has been told; the server's own close does the rest, without a reset.
            _fromClient.Cancel();
        }
        else
        {
            _client.Reset();
        }
    }

    public void Touch() => Volatile.Write(ref _lastActive, _all.Now);

    /// <summary>One side broke the protocol: both are told.</summary>
    public void Fail(WebSocketFailure failure)
    {
        _all.Logger.RelayedWebSocketFailed(failure.Reason);
        Close(failure.CloseCode, failure.CloseCode, failure.Reason);
    }

    /// <summary>A close frame came or went.</summary>
    public void OnClose()
    {
        StartToLinger();
        if (_toClient.HasSentClose && _toBackend.HasSourceClosed)
        {
            _client.EndSending();
        }
    }

    /// <summary>A lane's receiver is gone. What the backend said before it went still goes to the client; a client that is gone needs nothing any more.</summary>
    public void OnReceiverGone(Lane lane)
    {
        StartToLinger();
        if (lane == _toClient)
        {
            _client.Reset();
            _backend.Reset();
        }
    }

    /// <summary>A lane's sender has ended.</summary>
    public void OnEnded(Lane lane, bool isBroken)
    {
        StartToLinger();
        if (lane == _toClient)
        {
            OnBackendEnded();
        }
        else if (isBroken)
        {
            _client.Reset();
            _backend.Reset();
        }
        else if (!lane.HasSourceClosed)
        {
            _backend.EndSending();
        }
    }

    private void OnBackendEnded()
    {
        if (_client.BypassesServer)
        {
            _client.EndSending();
        }
        else if (!_toClient.HasSentClose)
        {
            // Only the end of the request tells such a client that nothing follows.
            _fromClient.Cancel();
        }
    }

    private void StartToLinger() => Interlocked.CompareExchange(ref _lingersUntil, Now + (long)Linger.TotalMilliseconds, 0);
}
