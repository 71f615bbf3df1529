using System.Diagnostics;
using Causeway.Bench.Load;

namespace Causeway.Bench.Scenarios;

/// <summary>How a publisher goes: so many messages a second, or so many in flight.</summary>
/// <param name="PerSecond">0: flat out.</param>
/// <param name="Window">Flat out: messages that not every subscriber has yet.</param>
internal readonly record struct Drive(double PerSecond, int Window)
{
    public static Drive Rate(double perSecond) => new(perSecond, 0);

    public static Drive InFlight(int window) => new(0, window);
}

/// <summary>
/// One publisher, many subscribers. Publishes for a while, then waits for the rest: until every message is with everyone, or nothing came for a
/// while, or the limit. What is missing then counts as lost.
/// </summary>
internal sealed class RoomTraffic : Traffic
{
    private static readonly long StallTicks = 2 * Stopwatch.Frequency;

    private readonly LoadClient _publisher;
    private readonly int _subscribers;
    private readonly int _size;
    private readonly Drive _drive;
    private readonly long _first;
    private readonly long _start;
    private readonly long _end;
    private readonly long _limit;
    private readonly LatencyHistogram _latency = new();
    private readonly Action<long>? _everyTurn;
    private long[] _publishedAt = new long[4096];
    private int[] _missing = new int[4096];
    private int _published;
    private int _completed;
    private long _lastArrival;

    /// <param name="subscribers">All are counted; slow ones on purpose are not among them.</param>
    /// <param name="first">Number of the first message; numbers never repeat on a connection.</param>
    public RoomTraffic(LoadClient publisher, IReadOnlyList<LoadClient> subscribers, int size, Drive drive, TimeSpan duration, long first, Action<long>? everyTurn = null)
    {
        _publisher = publisher;
        _subscribers = subscribers.Count;
        _size = size;
        _drive = drive;
        _first = first;
        _everyTurn = everyTurn;
        foreach (var subscriber in subscribers)
        {
            subscriber.NextSequence = first;
        }

        _start = _lastArrival = Stopwatch.GetTimestamp();
        _end = _start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        _limit = _end + (5 * Stopwatch.Frequency);
    }

    public LatencyHistogram Latency => _latency;

    public long NextSequence => _first + _published;

    /// <summary>Deliveries while the publisher was publishing: what a rate is made of.</summary>
    public long DeliveredInTime { get; private set; }

    public long Delivered { get; private set; }

    public long Lost => ((long)_published * _subscribers) - Delivered;

    /// <summary>Deliveries out of the order of publishing, or twice.</summary>
    public long Disordered { get; private set; }

    public double PublishSeconds => (_end - _start) / (double)Stopwatch.Frequency;

    public override bool IsMeasuring(long now) => now < _end;

    public override void OnMark(LoadClient client, long sequence, long now)
    {
        var index = sequence - _first;
        if (index < 0 || index >= _published)
        {
            return;
        }

        if (sequence < client.NextSequence)
        {
            Disordered++;
            return;
        }

        client.NextSequence = sequence + 1;
        _latency.Record(now - _publishedAt[index]);
        _lastArrival = now;
        Delivered++;
        if (now < _end)
        {
            DeliveredInTime++;
        }

        if (--_missing[index] == 0)
        {
            _completed = Math.Min(_completed + 1, _published);
        }
    }

    public override int OnTurn(long now)
    {
        _everyTurn?.Invoke(now);
        if (now >= _end)
        {
            return 10;
        }

        if (_drive.Window > 0)
        {
            // Lost or very late messages must not end the run: after two seconds of silence the window opens again.
            if (now - _lastArrival > StallTicks)
            {
                _completed = _published;
                _lastArrival = now;
            }

            while (_published - _completed < _drive.Window)
            {
                Publish();
            }

            return 10;
        }

        var due = _start + (long)(_published * Stopwatch.Frequency / _drive.PerSecond);
        while (due <= now)
        {
            Publish();
            due = _start + (long)(_published * Stopwatch.Frequency / _drive.PerSecond);
        }

        return (int)Math.Clamp(Math.Ceiling((due - now) * 1000.0 / Stopwatch.Frequency), 1, 10);
    }

    public override bool IsDone(long now) =>
        now >= _end && (Lost == 0 || now - Math.Max(_lastArrival, _end) > StallTicks || now > _limit);

    private void Publish()
    {
        if (_published == _publishedAt.Length)
        {
            Array.Resize(ref _publishedAt, 2 * _published);
            Array.Resize(ref _missing, 2 * _published);
        }

        _publishedAt[_published] = Stopwatch.GetTimestamp();
        _missing[_published] = _subscribers;
        _publisher.Protocol.Publish(_publisher, _size, _first + _published);
        _published++;
    }
}
