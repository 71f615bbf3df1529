using System.Diagnostics;
using Causeway.Bench.Load;
using Causeway.Bench.Peers;
using Causeway.Bench.Report;

namespace Causeway.Bench.Scenarios;

/// <summary>One room, one publisher, N subscribers: at a fixed rate, with one message in flight, with sixteen.</summary>
internal sealed class FanOutScenario(string name, string description, int subscribers, int maxRounds) : Scenario(name, description, maxRounds)
{
    private const int PayloadBytes = 128;
    private const int SlowBufferBytes = 4096;
    private const int SlowSipBytes = 1024;
    private static readonly long SlowSipTicks = Stopwatch.Frequency / 10;

    /// <summary>Messages per second of the fixed rate; 0 leaves that phase out.</summary>
    public double Rate { get; init; }

    public IReadOnlyList<int> Windows { get; init; } = [1, 16];

    public Role Role { get; init; } = Role.Subscriber;

    /// <summary>Subscribers besides that read 10 KB a second, each through a small buffer; nothing of them is counted.</summary>
    public int SlowReaders { get; init; }

    public override bool Suits(Peer peer) => base.Suits(peer) && (Role != Role.EventStream || peer.HasEventStream);

    public override IEnumerable<PhaseResult> Run(Session session)
    {
        var load = session.Load;
        var members = load.Open(subscribers, Role, TimeSpan.FromSeconds(30));
        var slow = load.Open(SlowReaders, Role, TimeSpan.FromSeconds(10), SlowBufferBytes);
        var publisher = load.Open(1, Role.Publisher, TimeSpan.FromSeconds(10))[0];
        load.Idle(TimeSpan.FromMilliseconds(200));
        foreach (var client in slow)
        {
            load.Pause(client);
        }

        var sip = Sipping(load, slow);
        var next = 1L;
        foreach (var window in Windows.Reverse())
        {
            var warmUp = new RoomTraffic(publisher, members, PayloadBytes, Drive.InFlight(window), session.Pace.WarmUp / Windows.Count, next, sip);
            session.Measure(warmUp);
            next = warmUp.NextSequence;
        }

        IEnumerable<(string, Drive)> rate = Rate > 0 ? [($"r{Rate:0}", Drive.Rate(Rate))] : [];
        foreach (var (phase, drive) in rate.Concat(Windows.Select(static window => ($"w{window}", Drive.InFlight(window)))))
        {
            var closed = load.ClosedByServer;
            var traffic = new RoomTraffic(
                publisher, members, PayloadBytes, drive, drive.Window > 0 ? session.Pace.Phase : session.Pace.Rate, next, sip);
            var use = session.Measure(traffic);
            next = traffic.NextSequence;
            var values = Values(traffic, use, session);
            values[Metric.Closed] = load.ClosedByServer - closed;
            yield return new PhaseResult(phase, values);
        }
    }

    public static Dictionary<string, double> Values(RoomTraffic traffic, CpuUse use, Session session) => new()
    {
        [Metric.Deliveries] = traffic.DeliveredInTime / use.Seconds,
        [Metric.ServerCpu] = use.ServerCpu * 1e6 / Math.Max(traffic.DeliveredInTime, 1),
        [Metric.P50] = traffic.Latency.Percentile(0.5),
        [Metric.P99] = traffic.Latency.Percentile(0.99),
        [Metric.P999] = traffic.Latency.Percentile(0.999),
        [Metric.ServerShare] = use.ServerShare,
        [Metric.LoadShare] = use.LoadShare,
        [Metric.Memory] = session.Server.PeakKilobytes / 1024,
        [Metric.Lost] = traffic.Lost,
        [Metric.Disordered] = traffic.Disordered,
    };

    private static Action<long>? Sipping(LoadGenerator load, IReadOnlyList<LoadClient> slow)
    {
        if (slow.Count == 0)
        {
            return null;
        }

        var last = 0L;
        return now =>
        {
            if (now - last >= SlowSipTicks)
            {
                last = now;
                foreach (var client in slow)
                {
                    load.Sip(client, SlowSipBytes);
                }
            }
        };
    }
}
