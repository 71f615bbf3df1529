using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>
/// Whether an address takes requests. Passively: after three failures to connect in a row it is left out for a while that doubles, then one request
/// tries it. Actively: as the last probes say, two in a row for a change.
/// </summary>
internal sealed class DestinationHealth(string backend, Uri url, TimeProvider time, ILogger logger)
{
    private const int FailuresToLeaveOut = 3;
    private const int ProbesToChange = 2;

    private static readonly TimeSpan MinRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private volatile int _failures;
    private TimeSpan _rest = MinRest;
    private long _restUntil;
    private int _probesAgainst;
    private volatile bool _isOut;
    private volatile bool _probedDown;

    /// <summary>Whether it takes requests as far as anybody knows.</summary>
    public bool IsUp => !_isOut && !_probedDown;

    /// <summary>Whether the active probe says that it is down.</summary>
    public bool IsProbedDown => _probedDown;

    /// <summary>Whether the next request may go there. One that was left out gets a single trial when its rest is over.</summary>
    public bool MayTake()
    {
        if (_probedDown)
        {
            return false;
        }

        if (!_isOut)
        {
            return true;
        }

        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_isOut)
            {
                return true;
            }

            if (now < _restUntil)
            {
                return false;
            }

            // This one tries; the others wait for what becomes of it, or for the same time again.
            _restUntil = now + Ticks(_rest);
            return true;
        }
    }

    /// <summary>A connection could not be made.</summary>
    public void ConnectFailed()
    {
        lock (_gate)
        {
            _failures++;
            if (_failures < FailuresToLeaveOut)
            {
                return;
            }

            if (_isOut)
            {
                _rest = _rest * 2 < MaxRest ? _rest * 2 : MaxRest;
            }
            else
            {
                logger.AddressDown(backend, url, $"{FailuresToLeaveOut} connections in a row failed.");
            }

            _isOut = true;
            _restUntil = time.GetTimestamp() + Ticks(_rest);
        }
    }

    /// <summary>It answered a request.</summary>
    public void Answered()
    {
        if (_failures == 0)
        {
            return;
        }

        lock (_gate)
        {
            _failures = 0;
            _rest = MinRest;
            if (_isOut)
            {
                _isOut = false;
                logger.AddressUp(backend, url);
            }
        }
    }

    /// <summary>What a probe found.</summary>
    /// <param name="reason">Why it is down; null where it is up.</param>
    public void Probed(string? reason)
    {
        lock (_gate)
        {
            _probesAgainst = (reason is not null) == _probedDown ? 0 : _probesAgainst + 1;
            if (_probesAgainst < ProbesToChange)
            {
                return;
            }

            _probesAgainst = 0;
            _probedDown = reason is not null;
            if (reason is not null)
            {
                logger.AddressDown(backend, url, reason);
            }
            else
            {
                _failures = 0;
                _rest = MinRest;
                _isOut = false;
                logger.AddressUp(backend, url);
            }
        }
    }

    /// <summary>Nothing is known of it any more, as its process is not running.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            (_failures, _probesAgainst, _rest) = (0, 0, MinRest);
            _isOut = _probedDown = false;
        }
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
