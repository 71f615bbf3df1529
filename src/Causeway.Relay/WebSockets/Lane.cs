using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>One direction of a relayed WebSocket: passes bytes on as they are, and knows where a close frame may be put in.</summary>
/// <remarks>
/// Its loop is the only one that writes to the outlet, except for one close frame of the relay's own, and behind that nothing follows. Bytes are taken
/// only when those before them were taken by the receiver: that is the back-pressure.
/// </remarks>
internal sealed class Lane(RelayedWebSocket owner, Inlet inlet, Outlet outlet, FrameTracker tracker)
{
    private readonly Lock _gate = new();
    private byte[]? _waitingClose;
    private Task _closing = Task.CompletedTask;
    private bool _isWriting;
    private bool _isShut;
    private bool _isDeaf;
    private long _stuckSince;

    /// <summary>The sender's own close frame came.</summary>
    public bool HasSourceClosed { get; private set; }

    /// <summary>The receiver was sent a close frame, the sender's or the relay's.</summary>
    public bool HasSentClose { get; private set; }

    /// <summary>When the receiver stopped taking bytes, by the owner's clock; 0 while it takes them.</summary>
    public long StuckSince => Volatile.Read(ref _stuckSince);

    /// <summary>Carries bytes until the sender has ended, or until its close frame where that is enough; and a close frame of the relay's own is sent.</summary>
    public async Task RunAsync(bool untilClose)
    {
        var isBroken = false;
        try
        {
            while (!(untilClose && HasSourceClosed) && await inlet.WaitAsync().ConfigureAwait(false))
            {
                owner.Touch();
                var more = true;
                while (more)
                {
                    var bytes = inlet.Bytes;
                    var taken = 0;
                    if (TryBegin(out var stopAtBoundary))
                    {
                        taken = tracker.Follow(bytes.Span, stopAtBoundary);
                        var sent = taken == 0 ? 0 : outlet.TryWrite(bytes.Span[..taken]);
                        if (sent < taken)
                        {
                            await WriteSlowlyAsync(bytes[Math.Max(sent, 0)..taken]).ConfigureAwait(false);
                        }

                        if (End() is { } close)
                        {
                            await WriteSlowlyAsync(close).ConfigureAwait(false);
                            OnCloseSent();
                        }
                    }

                    more = inlet.Advance(Settle(bytes.Span, taken));
                }
            }
        }
        catch (IOException)
        {
            isBroken = true;
        }
        finally
        {
            inlet.Dispose();
            owner.OnEnded(this, isBroken);
        }

        await _closing.ConfigureAwait(false);

        // What waits for the end is not to run on a thread that polls sockets.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }

    /// <summary>Puts in a close frame where the frame under way ends, now or later; once only, and never behind one that went by.</summary>
    /// <returns>False where nothing more can be said to the receiver.</returns>
    public bool Close(byte[] frame)
    {
        lock (_gate)
        {
            if (_isShut || _waitingClose is not null)
            {
                return false;
            }

            if (_isWriting || !tracker.IsAtBoundary)
            {
                _waitingClose = frame;
                return true;
            }

            _isShut = true;
            _closing = WriteCloseAsync(frame);
            return true;
        }
    }

    /// <summary>The receiver takes nothing any more; what still comes is dropped.</summary>
    public void Shut()
    {
        lock (_gate)
        {
            _isShut = true;
        }
    }

    private bool IsShut
    {
        get
        {
            lock (_gate)
            {
                return _isShut;
            }
        }
    }

    private bool TryBegin(out bool stopAtBoundary)
    {
        lock (_gate)
        {
            stopAtBoundary = _waitingClose is not null;
            return _isWriting = !_isShut;
        }
    }

    /// <returns>The close frame to send now, or null.</returns>
    private byte[]? End()
    {
        lock (_gate)
        {
            _isWriting = false;
            if (_isShut || tracker.HasClosed)
            {
                _isShut = true;
                return null;
            }

            _isShut = _waitingClose is not null && tracker.IsAtBoundary;
            return _isShut ? _waitingClose : null;
        }
    }

    /// <returns>How many bytes are done with: all where nobody wants them any more.</returns>
    private int Settle(ReadOnlySpan<byte> bytes, int taken)
    {
        if (_isDeaf)
        {
            return bytes.Length;
        }

        var wasPassedOn = tracker.HasClosed;
        if (!wasPassedOn && IsShut)
        {
            // Only to see the sender's own close frame.
            taken += tracker.Follow(bytes[taken..]);
        }

        if (tracker.Failure is { } failure)
        {
            _isDeaf = true;
            owner.Fail(failure);
            return bytes.Length;
        }

        if (!tracker.HasClosed)
        {
            return taken;
        }

        HasSourceClosed = _isDeaf = true;
        HasSentClose |= wasPassedOn;
        owner.OnClose();
        return bytes.Length;
    }

    private async ValueTask WriteSlowlyAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _stuckSince, owner.Now);
        try
        {
            await outlet.WriteAsync(bytes).ConfigureAwait(false);
            owner.Touch();
        }
        catch (IOException)
        {
            Shut();
            owner.OnReceiverGone(this);
        }
        finally
        {
            Volatile.Write(ref _stuckSince, 0);
        }
    }

    private async Task WriteCloseAsync(byte[] frame)
    {
        var sent = outlet.TryWrite(frame);
        if (sent < frame.Length)
        {
            await WriteSlowlyAsync(frame.AsMemory(Math.Max(sent, 0))).ConfigureAwait(false);
        }

        OnCloseSent();
    }

    private void OnCloseSent()
    {
        HasSentClose = true;
        owner.OnClose();
    }
}
